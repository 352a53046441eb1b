import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';
import { dotnet } from './dotnet.mjs';

const shared = ['Directory.Build.props', 'Directory.Packages.props', 'global.json', 'tests/Directory.Build.props'].map((name) => join(root, name));

/** A program of tests/ that needs its whole build output, so it stays in the project's folder. `uses` are the projects it is built from. */
export async function buildProgram(name, what, uses) {
  const project = join(root, 'tests', name);
  const exe = process.platform === 'win32' ? '.exe' : '';
  const program = join(project, 'bin', 'Release', 'net10.0', `${name}${exe}`);
  const print = fingerprint([project, ...uses.map((used) => join(root, used)), ...shared]);
  const stampFile = join(dist, '.stamps', name);
  if (existsSync(program) && isCurrent(stampFile, print)) return program;

  step(`Building ${what}`);
  await dotnet(`Building ${what}`, ['build', project, '-c', 'Release', '-v', 'quiet']);
  stamp(stampFile, print);
  return program;
}
