import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { manifest } from '../lib/paths.mjs';
import { Failure } from '../lib/report.mjs';
import { zipMembers } from '../lib/zip.mjs';
import { isSigned, platformOf } from './binaryFormat.mjs';
import { isNativeBuild } from './sidecar.mjs';
import { ridOf } from './targets.mjs';

/** A sidecar that was compiled ahead of time is smaller than one that brings the runtime. */
const sizeLimitMiB = { native: 15, other: 25 };

const expected = /^(\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(package(\.nls)?\.json|readme\.md|changelog\.md|license(\.txt|\.md)?|support\.md|dist\/extension\.js|bin\/(sidecar\.json|kftray-sidecar(\.exe)?)|extension\/schemas\/[\w.-]+\.json|media\/[\w./-]+\.(svg|png)|l10n\/[\w.-]+\.json))$/i;

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
  for (const path of [program, 'extension/bin/sidecar.json', 'extension/dist/extension.js', 'extension/extension/schemas/kftray.schema.json', 'extension/l10n/bundle.l10n.json', 'extension/media/walkthrough/connect.svg', 'extension/media/icon.png']) {
    check(member(path), `lacks ${path}. See .vscodeignore.`);
  }
  check(member('extension.vsixmanifest').read().toString().includes(`TargetPlatform="${target}"`), `is not for ${target}.`);

  const content = member(program).read();
  const facts = JSON.parse(member('extension/bin/sidecar.json').read().toString());
  check(facts.rid === ridOf(target) && facts.version === manifest().version && facts.size === content.length, 'has a sidecar.json that speaks of another sidecar.');
  check(facts.sha256 === createHash('sha256').update(content).digest('hex'), 'has a sidecar that is not the one of its sidecar.json.');
  const platform = platformOf(content);
  check(platform === target, `carries a sidecar for ${platform}.`);
  // An unsigned program is killed as it starts.
  check(target !== 'darwin-arm64' || isSigned(content), 'carries a sidecar without a signature.');
  // Windows has no such bit to lose.
  check(process.platform === 'win32' || (member(program).mode & 0o111) !== 0, 'has a sidecar that is not executable.');

  const mib = readFileSync(vsix).length / 2 ** 20;
  const limit = isNativeBuild(target) ? sizeLimitMiB.native : sizeLimitMiB.other;
  check(mib <= limit, `has ${mib.toFixed(1)} MiB; the limit is ${limit}.`);
  return { mib, files: members.length };
}
