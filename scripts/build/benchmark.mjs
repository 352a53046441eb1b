import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';
import { dotnet } from './dotnet.mjs';

/** The program that compares the sidecar with kubectl. Needs the whole build output, so it stays in the project's folder. */
export async function buildBenchmark() {
  const project = join(root, 'tests', 'Kftray.Benchmarks');
  const program = join(project, 'bin', 'Release', 'net10.0', 'Kftray.Benchmarks');
  const shared = ['Directory.Build.props', 'Directory.Packages.props', 'global.json', 'tests/Directory.Build.props'].map((name) => join(root, name));
  const print = fingerprint([project, join(root, 'sidecar', 'Kftray.Sidecar'), ...shared]);
  const stampFile = join(dist, '.stamps', 'benchmark');
  if (existsSync(program) && isCurrent(stampFile, print)) return program;

  step('Building the benchmark');
  await dotnet('Building the benchmark', ['build', project, '-c', 'Release', '-v', 'quiet']);
  stamp(stampFile, print);
  return program;
}
