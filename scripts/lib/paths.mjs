// Where things are. Every script works from any directory.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Downloaded tools, kept between runs. Several checkouts may share one: KFTRAY_CACHE. */
export const cache = process.env.KFTRAY_CACHE ? resolve(process.env.KFTRAY_CACHE) : join(root, '.cache');

export const dist = join(root, 'dist');
export const results = join(root, 'test-results');

const exe = process.platform === 'win32' ? '.exe' : '';
export const sidecarBinary = join(dist, 'sidecar', `kftray-sidecar${exe}`);
export const serverBinary = join(dist, 'server', `kftray-server${exe}`);
export const testClusterBinary = join(dist, 'testcluster', `kftray-testcluster${exe}`);
export const demoConfig = join(root, 'examples', 'demo', '.vscode', 'kftray.json');

/** The manifest as it is now; it also says the one version of sidecar and extension. */
export function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}
