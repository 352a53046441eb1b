import { which } from '../lib/processes.mjs';
import { Failure, step } from '../lib/report.mjs';
import { ensureDebianPackages } from './debian.mjs';

/** True when NativeAOT can link here; installs what it needs where it can, and says so in a line where it cannot. */
export async function ensureLinker() {
  if (process.platform !== 'linux') return (await which(process.platform === 'darwin' ? 'clang' : 'link')) !== undefined;
  try {
    const compiler = (await which('clang')) ?? (await which('gcc'));
    await ensureDebianPackages('NativeAOT', compiler ? ['zlib1g-dev'] : ['gcc', 'libc6-dev', 'zlib1g-dev']);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    step(`Building framework-dependent: ${error.message}`);
    return false;
  }
}
