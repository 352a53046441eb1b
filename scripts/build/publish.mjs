import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root } from '../lib/paths.mjs';
import { seconds, step } from '../lib/report.mjs';
import { dotnet } from './dotnet.mjs';
import { ridOf } from './targets.mjs';

const shared = ['Directory.Build.props', 'Directory.Packages.props', 'global.json', '.editorconfig', 'BannedSymbols.txt'].map((name) => join(root, name));

const modes = {
  NativeAOT: [],
  'framework-dependent': ['-p:PublishAot=false', '--no-self-contained'],
  // Without the debugger's attributes most of what the trimmer warns of is gone; the rest is in libraries, in code that the ahead-of-time build never reaches.
  'single-file': ['-p:PublishAot=false', '-p:PublishSingleFile=true', '-p:PublishTrimmed=true', '-p:DebuggerSupport=false', '-p:ILLinkTreatWarningsAsErrors=false', '-p:EnableCompressionInSingleFile=true', '--self-contained'],
};

/**
 * Publishes one of our C# programs into `folder`, unless what is there is current.
 * `name` is what people call it, `program` its file, `sources` what it is made from (its project first), `how` one of the modes.
 */
export async function publish({ name, program, sources, target, folder, how }) {
  const { version } = manifest();
  const print = fingerprint([...sources, ...shared], target, how, version);
  const stampFile = join(dist, '.stamps', `${name}-${target}`);
  if (existsSync(folder) && isCurrent(stampFile, print)) return;

  step(`Building the ${name} for ${target} (${how})`);
  const began = performance.now();
  // Published beside and moved, so that a program that is running keeps its file.
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await dotnet(`Building the ${name}`, [
    'publish', sources[0], '-c', 'Release', '-r', ridOf(target), '-o', fresh, '-v', 'quiet', `-p:Version=${version}`, '-p:DebugType=none', '-p:CopyOutputSymbolsToPublishDirectory=false',
    ...modes[how],
  ]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '..'), { recursive: true });
  for (const file of readdirSync(fresh)) {
    if (file.endsWith('.dbg') || file.endsWith('.pdb')) rmSync(join(fresh, file));
    else if (file === program || file === `${program}.exe`) chmodSync(join(fresh, file), 0o755);
  }
  renameSync(fresh, folder);
  stamp(stampFile, print);
  step(`Built the ${name} in ${seconds(performance.now() - began)}`);
}
