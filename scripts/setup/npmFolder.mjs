import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { cache, root } from '../lib/paths.mjs';
import { isCurrent, stamp } from '../lib/fingerprint.mjs';
import { run } from '../lib/processes.mjs';
import { step } from '../lib/report.mjs';

/**
 * A tool from npm, in a folder of the cache with its own lockfile, never among the extension's dependencies.
 * Installed once per lockfile; `finish(folder)` is part of the installation. Returns the folder.
 */
export async function ensureNpmFolder(source, title, { args = [], finish = async () => {} } = {}) {
  const folder = join(cache, basename(source));
  const lockfile = readFileSync(join(root, source, 'package-lock.json'));
  const print = createHash('sha256').update(lockfile).update(process.arch).digest('hex');
  const stampFile = join(folder, '.installed');
  if (isCurrent(stampFile, print)) return folder;

  step(`Installing ${title}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, source, file), join(folder, file));
  // Without this file npm would look further up for a project.
  writeFileSync(join(folder, '.npmrc'), 'audit=false\nfund=false\nupdate-notifier=false\n');
  await run(`npm ci in ${folder}`, 'npm', ['ci', '--ignore-scripts', ...args], { cwd: folder });
  await finish(folder);
  stamp(stampFile, print);
  return folder;
}
