import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { thisTarget } from '../build/targets.mjs';
import { which } from '../lib/processes.mjs';
import { Failure, step } from '../lib/report.mjs';
import { ensureDebianPackages } from './debian.mjs';

/** Debian's cross compilers, by host and target. There is none for another C library or system. */
const crossCompilers = {
  'linux-x64 linux-arm64': { prefix: 'aarch64-linux-gnu', packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'] },
};

/** True when NativeAOT can link for this machine; installs what it needs where it can, and says so in a line where it cannot. */
export async function ensureLinker() {
  return (await linkerArguments(thisTarget())) !== undefined;
}

/** What a NativeAOT build for `target` has to be told of the linker; undefined where nothing here can link for it. */
export async function linkerArguments(target) {
  const cross = crossCompilers[`${thisTarget()} ${target}`];
  if (target !== thisTarget() && !cross) return undefined;
  try {
    return cross ? await crossLinker(cross) : (await hasLinker()) ? [] : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    step(`Building for ${target} without NativeAOT: ${error.message}`);
    return undefined;
  }
}

async function crossLinker({ prefix, packages }) {
  await ensureDebianPackages('NativeAOT for another processor', packages);
  return [`-p:CppCompilerAndLinker=${prefix}-gcc`, `-p:ObjCopyName=${prefix}-objcopy`];
}

async function hasLinker() {
  switch (process.platform) {
    case 'linux': {
      const compiler = (await which('clang')) ?? (await which('gcc'));
      await ensureDebianPackages('NativeAOT', compiler ? ['zlib1g-dev'] : ['gcc', 'libc6-dev', 'zlib1g-dev']);
      return true;
    }
    case 'win32':
      // The build finds Visual Studio's linker by this program; it is on nobody's PATH: https://github.com/microsoft/vswhere/wiki/Installing
      return existsSync(join(process.env['ProgramFiles(x86)'] ?? '', 'Microsoft Visual Studio', 'Installer', 'vswhere.exe'));
    default:
      return (await which('clang')) !== undefined;
  }
}
