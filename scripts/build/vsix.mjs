import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { step } from '../lib/report.mjs';
import { modernNode } from '../setup/node24.mjs';
import { buildExtension } from './extension.mjs';
import { inspectVsix } from './inspectVsix.mjs';
import { buildPackagedSidecar } from './sidecar.mjs';
import { ridOf, thisTarget } from './targets.mjs';

const carried = ['package.json', 'package.nls.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'SUPPORT.md', '.vscodeignore', 'media', 'extension/schemas', 'l10n'];

/** `dist/kftray-<target>.vsix`, looked into before it is called done. Returns its path. */
export async function buildVsix(target = thisTarget()) {
  const rid = ridOf(target);
  const binary = await buildPackagedSidecar(target);
  const bundles = await buildExtension();
  const vsix = join(dist, `kftray-${target}.vsix`);
  const print = fingerprint([binary, ...bundles, ...carried.map((name) => join(root, name)), join(root, 'scripts', 'build', 'vsix.mjs')], target, ...readmeLinks());
  const stampFile = join(dist, '.stamps', `vsix-${target}`);
  if (isCurrent(stampFile, print)) return vsix;

  step(`Packing ${basename(vsix)}`);
  layOutBinary(binary, rid);
  await run('Packing the extension', await modernNode(), [
    join(root, 'node_modules', '@vscode', 'vsce', 'vsce'), 'package', '--target', target, '--out', vsix,
    '--no-dependencies', '--allow-missing-repository', ...(isPreRelease(manifest().version) ? ['--pre-release'] : []), ...readmeLinks(),
  ], { cwd: root });
  try {
    const { mb, files, isNative } = inspectVsix(vsix, target);
    step(`Packed ${basename(vsix)}: ${mb.toFixed(1)} MB, ${files} files, ${isNative ? 'NativeAOT' : 'with the runtime'}`);
  } catch (error) {
    rmSync(vsix);
    throw error;
  }
  stamp(stampFile, print);
  return vsix;
}

/** An odd minor version is one, as the marketplaces have it: https://code.visualstudio.com/api/working-with-extensions/publishing-extension#prerelease-extensions */
function isPreRelease(version) {
  return Number(version.split('.')[1]) % 2 === 1;
}

/** A marketplace shows the README without its neighbours: a release says where they are. Elsewhere the links stay relative. */
function readmeLinks() {
  const { KFTRAY_REPOSITORY: repository, KFTRAY_REVISION: revision = 'HEAD' } = process.env;
  return repository ? ['--baseContentUrl', `${repository}/blob/${revision}`, '--baseImagesUrl', `${repository}/raw/${revision}`] : ['--no-rewrite-relative-links'];
}

/** `bin/` as the package carries it: the sidecar, and what the extension checks before it starts it. */
function layOutBinary(binary, rid) {
  const bin = join(root, 'bin');
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin);
  cpSync(binary, join(bin, basename(binary)));
  chmodSync(join(bin, basename(binary)), 0o755);
  const content = readFileSync(binary);
  const facts = { rid, version: manifest().version, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  writeFileSync(join(bin, 'sidecar.json'), `${JSON.stringify(facts, undefined, 2)}\n`);
}
