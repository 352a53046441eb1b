import { join } from 'node:path';
import { dist, root, serverBinary } from '../lib/paths.mjs';
import { ensureLinker } from '../setup/linker.mjs';
import { publish } from './publish.mjs';
import { thisTarget } from './targets.mjs';

const sources = [join(root, 'sidecar', 'Kftray.Server'), join(root, 'sidecar', 'Kftray.Sidecar', 'Forwarding', 'TaskSet.cs')];

/** `dist/server/kftray-server`, the relay, for this machine: NativeAOT, or framework-dependent where nothing can link. */
export async function buildServer() {
  const aot = await ensureLinker();
  await publish({ name: 'relay', program: 'kftray-server', sources, target: thisTarget(), folder: join(dist, 'server'), how: aot ? 'NativeAOT' : 'framework-dependent' });
  return serverBinary;
}
