import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { Failure, step } from '../lib/report.mjs';
import { zipMembers } from '../lib/zip.mjs';
import { modernNode } from '../setup/node24.mjs';
import { buildExtension } from './extension.mjs';
import { buildPackagedSidecar, isNativeBuild } from './sidecar.mjs';
import { ridOf, thisTarget } from './targets.mjs';

/** A sidecar that was compiled ahead of time is smaller than one that brings the runtime. */
const sizeLimitMiB = { native: 15, other: 25 };
const carried = ['package.json', 'package.nls.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'SUPPORT.md', '.vscodeignore', 'media', 'extension/schemas', 'l10n'];

/** `dist/kftray-<target>.vsix`, looked into before it is called done. Returns its path. */
export async function buildVsix(target = thisTarget()) {
  const rid = ridOf(target);
  const binary = await buildPackagedSidecar(target);
  const bundle = await buildExtension();
  const vsix = join(dist, `kftray-${target}.vsix`);
  const print = fingerprint([binary, bundle, ...carried.map((name) => join(root, name)), join(root, 'scripts', 'build', 'vsix.mjs')], target);
  const stampFile = join(dist, '.stamps', `vsix-${target}`);
  if (isCurrent(stampFile, print)) return vsix;

  step(`Packing ${basename(vsix)}`);
  layOutBinary(binary, rid);
  await run('Packing the extension', await modernNode(), [
    join(root, 'node_modules', '@vscode', 'vsce', 'vsce'), 'package', '--target', target, '--out', vsix,
    // The README's links stay relative while the manifest names no repository.
    '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links',
  ], { cwd: root });
  try {
    inspect(vsix, basename(binary), isNativeBuild(target));
  } catch (error) {
    rmSync(vsix);
    throw error;
  }
  stamp(stampFile, print);
  return vsix;
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

/** Only expected files, the executable bit, and a bearable size. */
function inspect(vsix, binaryName, isNative) {
  const members = zipMembers(vsix);
  const expected = /^(\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(package(\.nls)?\.json|readme\.md|changelog\.md|license(\.txt|\.md)?|support\.md|dist\/extension\.js|bin\/(sidecar\.json|kftray-sidecar(\.exe)?)|extension\/schemas\/[\w.-]+\.json|media\/[\w./-]+\.(svg|png|md)|l10n\/[\w.-]+\.json))$/i;
  const strangers = members.filter(({ name }) => !expected.test(name)).map(({ name }) => name);
  if (strangers.length > 0) throw new Failure(`${basename(vsix)} holds files that do not belong there: ${strangers.join(', ')}. See .vscodeignore.`);
  for (const name of [`extension/bin/${binaryName}`, 'extension/bin/sidecar.json', 'extension/dist/extension.js', 'extension/extension/schemas/kftray.schema.json', 'extension/l10n/bundle.l10n.json', 'extension/media/walkthrough/connect.svg']) {
    if (!members.some((member) => member.name === name)) throw new Failure(`${basename(vsix)} lacks ${name}. See .vscodeignore.`);
  }
  const sidecar = members.find(({ name }) => name === `extension/bin/${binaryName}`);
  if (process.platform !== 'win32' && (sidecar.mode & 0o111) === 0) throw new Failure(`${basename(vsix)}: the sidecar is not executable.`);
  const mib = readFileSync(vsix).length / 2 ** 20;
  const limit = isNative ? sizeLimitMiB.native : sizeLimitMiB.other;
  if (mib > limit) throw new Failure(`${basename(vsix)} has ${mib.toFixed(1)} MiB; the limit is ${limit}.`);
  step(`Packed ${basename(vsix)}: ${mib.toFixed(1)} MiB, ${members.length} files`);
}
