import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dist, root, sidecarBinary } from '../lib/paths.mjs';
import { ensureLinker, linkerArguments } from '../setup/linker.mjs';
import { publish } from './publish.mjs';
import { thisTarget } from './targets.mjs';

// The relay's protocol is compiled into both.
const sources = [join(root, 'sidecar', 'Kftray.Sidecar'), join(root, 'sidecar', 'Kftray.Server', 'RelayProtocol.cs')];

/** `dist/sidecar/kftray-sidecar` for this machine: NativeAOT, or framework-dependent where nothing can link. */
export async function buildSidecar() {
  const aot = await ensureLinker();
  await publishSidecar(thisTarget(), join(dist, 'sidecar'), aot ? 'NativeAOT' : 'framework-dependent');
  return sidecarBinary;
}

/**
 * The one file that a package for `target` carries: compiled ahead of time where this machine can link for the target, else with the runtime,
 * trimmed. NativeAOT cannot compile for another system.
 */
export async function buildPackagedSidecar(target) {
  const linker = await linkerArguments(target);
  if (linker && target === thisTarget()) return await buildSidecar();
  const folder = join(dist, 'targets', target);
  await publishSidecar(target, folder, linker ? 'NativeAOT' : 'single-file', linker);
  return join(folder, readdirSync(folder).find((name) => /^kftray-sidecar(\.exe)?$/.test(name)));
}

/** The sidecar for this machine in the form in which packages of other platforms carry it, to be tried where it can run. */
export async function buildTrimmedSidecar() {
  const folder = join(dist, 'trimmed');
  await publish({ name: 'trimmed sidecar', program: 'kftray-sidecar', sources, target: thisTarget(), folder, how: 'single-file' });
  return join(folder, basename(sidecarBinary));
}

async function publishSidecar(target, folder, how, linker) {
  await publish({ name: 'sidecar', program: 'kftray-sidecar', sources, target, folder, how, linker });
}
