import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { step } from '../lib/report.mjs';

/** Installs the npm packages when they are absent or older than the lockfile. */
export async function ensureNodeModules() {
  // npm writes this file last.
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lockfile = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  step('Installing npm packages');
  // Scripts of packages are not needed, and some of them want to download what is not on npm.
  await run('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root });
}
