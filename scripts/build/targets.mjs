// VS Code's names of platforms, and .NET's.
import { readFileSync } from 'node:fs';
import { Failure } from '../lib/report.mjs';

const rids = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'alpine-x64': 'linux-musl-x64',
  'alpine-arm64': 'linux-musl-arm64',
  'darwin-x64': 'osx-x64',
  'darwin-arm64': 'osx-arm64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** Every platform that gets a package. */
export const targets = Object.keys(rids);

/** The target that runs on this machine. */
export function thisTarget() {
  return `${isAlpine() ? 'alpine' : process.platform}-${process.arch}`;
}

export function ridOf(target) {
  const rid = rids[target];
  if (!rid) throw new Failure(`There is no target ${target}. The targets are ${targets.join(', ')}.`);
  return rid;
}

function isAlpine() {
  if (process.platform !== 'linux') return false;
  try {
    return /^ID=alpine$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}
