import { buildProgram } from './program.mjs';

/** The program that compares the sidecar with kubectl. */
export function buildBenchmark() {
  return buildProgram('Kftray.Benchmarks', 'the benchmark', ['sidecar/Kftray.Sidecar']);
}
