import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root } from '../lib/paths.mjs';
import { seconds, step } from '../lib/report.mjs';
import { dotnet } from './dotnet.mjs';
import { ridOf } from './targets.mjs';

const shared = ['Directory.Build.props', 'Directory.Packages.props', 'global.json', '.editorconfig', 'BannedSymbols.txt'].map((name) => join(root, name));

/*
 * A sidecar for linux-x64 as one file: its size in the package, and from its start to the answer of `initialize`, median of 20 on an idle machine
 * with two cores. At most 25 MB and 300 ms are wanted, and 60 ms of NativeAOT.
 *
 *   NativeAOT                                                     10.1 MB    22 ms
 *   trimmed                                                       10.2 MB   495 ms
 *   trimmed, compressed                                           10.2 MB   511 ms
 *   trimmed, ReadyToRun                                           21.2 MB   199 ms
 *   trimmed, without code generation                               8.7 MB   513 ms
 *   trimmed, without code generation, ReadyToRun                  15.8 MB   165 ms   ← single-file
 *   trimmed, without code generation, ReadyToRun, compressed      15.7 MB   236 ms
 *   trimmed, without code generation, ReadyToRun as one image     18.5 MB   106 ms
 *
 * Of KubernetesClient only models are left by then, 0.4 MB: there is nothing to win by leaving out the rest.
 */
const modes = {
  NativeAOT: [],
  'framework-dependent': ['-p:PublishAot=false', '--no-self-contained'],
  'single-file': [
    '-p:PublishAot=false', '-p:PublishSingleFile=true', '-p:PublishTrimmed=true', '--self-contained',
    // As ahead-of-time compilation has it: libraries take the same paths, the trimmer sees what they use, and warns of nothing any more.
    '-p:DynamicCodeSupport=false', '-p:DebuggerSupport=false',
    // It takes `finally` out of async methods, and with it the end of a `lock`: https://github.com/dotnet/runtime/issues/131088, not mended in 10.0.12. Costs nothing.
    '-p:_ExtraTrimmerArgs=--disable-opt ipconstprop',
    // An image for each assembly is how .NET itself comes on every system. One for all is faster still, but was run on Linux only.
    '-p:PublishReadyToRun=true', '-p:PublishReadyToRunComposite=false',
  ],
};

/**
 * Publishes one of our C# programs into `folder`, unless what is there is current.
 * `name` is what people call it, `program` its file, `sources` what it is made from (its project first), `how` one of the modes,
 * `linker` what the build has to be told of it.
 */
export async function publish({ name, program, sources, target, folder, how, linker = [] }) {
  const { version } = manifest();
  const options = [...modes[how], ...linker];
  const print = fingerprint([...sources, ...shared], target, how, version, ...options);
  const stampFile = join(dist, '.stamps', `${name}-${target}`);
  if (existsSync(folder) && isCurrent(stampFile, print)) return;

  step(`Building the ${name} for ${target} (${how})`);
  const began = performance.now();
  // Published beside and moved, so that a program that is running keeps its file.
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await dotnet(`Building the ${name}`, [
    'publish', sources[0], '-c', 'Release', '-r', ridOf(target), '-o', fresh, '-v', 'quiet', `-p:Version=${version}`, '-p:DebugType=none', '-p:CopyOutputSymbolsToPublishDirectory=false',
    ...options,
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
