import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root, sidecarBinary } from '../lib/paths.mjs';
import { seconds, step } from '../lib/report.mjs';
import { ensureLinker } from '../setup/linker.mjs';
import { dotnet } from './dotnet.mjs';
import { ridOf, thisTarget } from './targets.mjs';

const project = join(root, 'sidecar', 'Kftray.Sidecar');
const shared = ['Directory.Build.props', 'Directory.Packages.props', 'global.json', '.editorconfig', 'BannedSymbols.txt'].map((name) => join(root, name));

/** `dist/sidecar/kftray-sidecar` for this machine: NativeAOT, or framework-dependent where nothing can link. */
export async function buildSidecar() {
  const aot = await ensureLinker();
  await publish(thisTarget(), join(dist, 'sidecar'), aot ? 'NativeAOT' : 'framework-dependent');
  return sidecarBinary;
}

/**
 * The one file that a package for `target` carries. NativeAOT cannot cross-compile to another system, so other targets
 * get the runtime trimmed into a single file.
 */
export async function buildPackagedSidecar(target) {
  const native = target === thisTarget() && (await ensureLinker());
  if (native) return await buildSidecar();
  const folder = join(dist, 'targets', target);
  await publish(target, folder, 'single-file');
  return join(folder, readdirSync(folder).find((name) => /^kftray-sidecar(\.exe)?$/.test(name)));
}

async function publish(target, folder, how) {
  const { version } = manifest();
  const print = fingerprint([project, ...shared], target, how, version);
  const stampFile = join(dist, '.stamps', `sidecar-${target}`);
  if (existsSync(folder) && isCurrent(stampFile, print)) return;

  step(`Building the sidecar for ${target} (${how})`);
  const began = performance.now();
  // Published beside and moved, so that a sidecar that is running keeps its file.
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  await dotnet('Building the sidecar', [
    'publish', project, '-c', 'Release', '-r', ridOf(target), '-o', fresh, '-v', 'quiet', `-p:Version=${version}`, '-p:DebugType=none', '-p:CopyOutputSymbolsToPublishDirectory=false',
    ...modes[how],
  ]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, '..'), { recursive: true });
  for (const name of readdirSync(fresh)) {
    if (name.endsWith('.dbg') || name.endsWith('.pdb')) rmSync(join(fresh, name));
    else if (/^kftray-sidecar(\.exe)?$/.test(name)) chmodSync(join(fresh, name), 0o755);
  }
  renameSync(fresh, folder);
  stamp(stampFile, print);
  step(`Built the sidecar in ${seconds(performance.now() - began)}`);
}

const modes = {
  NativeAOT: [],
  'framework-dependent': ['-p:PublishAot=false', '--no-self-contained'],
  'single-file': ['-p:PublishAot=false', '-p:PublishSingleFile=true', '-p:PublishTrimmed=true', '-p:EnableCompressionInSingleFile=true', '--self-contained'],
};
