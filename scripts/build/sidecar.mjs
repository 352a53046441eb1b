import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dist, root, sidecarBinary } from '../lib/paths.mjs';
import { ensureLinker } from '../setup/linker.mjs';
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

/** Whether the package for a target can carry a sidecar that is compiled ahead of time, where this machine can link. */
export function isNativeBuild(target) {
  return target === thisTarget();
}

/**
 * The one file that a package for `target` carries. NativeAOT cannot cross-compile to another system, so other targets
 * get the runtime trimmed into a single file.
 */
export async function buildPackagedSidecar(target) {
  if (isNativeBuild(target) && (await ensureLinker())) return await buildSidecar();
  const folder = join(dist, 'targets', target);
  await publishSidecar(target, folder, 'single-file');
  return join(folder, readdirSync(folder).find((name) => /^kftray-sidecar(\.exe)?$/.test(name)));
}

async function publishSidecar(target, folder, how) {
  await publish({ name: 'sidecar', program: 'kftray-sidecar', sources, target, folder, how });
}
