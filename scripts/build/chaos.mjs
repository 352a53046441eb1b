import { buildProgram } from './program.mjs';

/** The program that makes everything go wrong. */
export function buildChaos() {
  return buildProgram('Kftray.Chaos', 'the chaos suite', ['tests/Kftray.TestCluster']);
}
