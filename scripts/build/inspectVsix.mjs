import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, posix } from 'node:path';
import { manifest } from '../lib/paths.mjs';
import { Failure } from '../lib/report.mjs';
import { zipMembers } from '../lib/zip.mjs';
import { isBundle, isSigned, platformOf } from './binaryFormat.mjs';
import { ridOf } from './targets.mjs';

/** A sidecar that was compiled ahead of time is smaller than one that brings the runtime. */
const sizeLimitMB = { native: 15, bundle: 25 };

const expected = /^(\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(package(\.nls)?\.json|readme\.md|changelog\.md|license(\.txt|\.md)?|support\.md|dist\/(extension|vscode-jsonrpc|jsonc-parser)\.js|bin\/(sidecar\.json|kftray-sidecar(\.exe)?)|extension\/schemas\/[\w.-]+\.json|media\/[\w./-]+\.(svg|png)|l10n\/[\w.-]+\.json))$/i;

// The packager gives some of them names of its own.
const needed = [
  'readme.md', 'changelog.md', 'SUPPORT.md', 'LICENSE.txt', 'package.nls.json', 'l10n/bundle.l10n.json', 'media/icon.png', 'media/kftray.svg', 'media/walkthrough/connect.svg',
  'bin/sidecar.json', 'dist/extension.js', 'dist/vscode-jsonrpc.js', 'dist/jsonc-parser.js', 'extension/schemas/kftray.schema.json', 'extension/schemas/kftray.local.schema.json',
];

/**
 * Opens a package: only expected files, a sidecar for the target's platform that is what `sidecar.json` says, the executable bit, and a
 * bearable size. Throws at the first thing that is wrong.
 */
export function inspectVsix(vsix, target) {
  const name = basename(vsix);
  const members = zipMembers(vsix);
  const member = (path) => members.find((candidate) => candidate.name === path);
  const check = (isRight, sentence) => { if (!isRight) throw new Failure(`${name} ${sentence}`); };

  const strangers = members.filter((candidate) => !expected.test(candidate.name)).map((stranger) => stranger.name);
  check(strangers.length === 0, `holds files that do not belong there: ${strangers.join(', ')}. See .vscodeignore.`);
  const program = `extension/bin/kftray-sidecar${target.startsWith('win32') ? '.exe' : ''}`;
  for (const path of needed) check(member(`extension/${path}`), `lacks ${path}. See .vscodeignore.`);
  check(member(program), `lacks ${program}.`);
  check(member('extension.vsixmanifest').read().toString().includes(`TargetPlatform="${target}"`), `is not for ${target}.`);

  const content = member(program).read();
  const facts = JSON.parse(member('extension/bin/sidecar.json').read().toString());
  check(facts.rid === ridOf(target) && facts.version === manifest().version && facts.size === content.length, 'has a sidecar.json that speaks of another sidecar.');
  check(facts.sha256 === createHash('sha256').update(content).digest('hex'), 'has a sidecar that is not the one of its sidecar.json.');
  const platform = platformOf(content);
  check(platform === target, `carries a sidecar for ${platform}.`);
  // An unsigned program is killed as it starts.
  check(target !== 'darwin-arm64' || isSigned(content), 'carries a sidecar without a signature.');
  // Windows has no such bit, and a package for another system loses it there.
  check(target.startsWith('win32') || (member(program).mode & 0o111) !== 0, 'has a sidecar that is not executable.');

  for (const bundle of members.filter((candidate) => candidate.name.startsWith('extension/dist/')).map((candidate) => candidate.read().toString())) {
    const missing = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name)
      .filter((name) => name !== 'vscode' && !isBuiltin(name) && !member(posix.join('extension/dist', name)));
    check(missing.length === 0, `has a bundle that needs what is not in it: ${missing.join(', ')}.`);
    check(!bundle.includes('sourceMappingURL'), 'has a bundle that names a source map.');
  }
  const icon = member('extension/media/icon.png').read();
  check(icon.readUInt32BE(16) >= 128 && icon.readUInt32BE(20) >= 128, 'has an icon that is smaller than the marketplace asks for.');

  const mb = readFileSync(vsix).length / 1e6;
  const isNative = !isBundle(content);
  const limit = isNative ? sizeLimitMB.native : sizeLimitMB.bundle;
  check(mb <= limit, `has ${mb.toFixed(1)} MB; the limit is ${limit}.`);
  return { mb, files: members.length, isNative };
}
