import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BinaryLookup, findSidecar, type Platform, runtimeIdentifier } from '../../../extension/src/sidecar/binary';

const content = '#!/bin/sh\n';
const sha256 = createHash('sha256').update(content).digest('hex');
const linux: Platform = { platform: 'linux', arch: 'x64', isMusl: false };

let extensionPath: string;
let hashes: Set<string>;

beforeEach(async () => {
  extensionPath = await mkdtemp(path.join(tmpdir(), 'kftray-binary-'));
  hashes = new Set();
});

afterEach(async () => {
  await rm(extensionPath, { recursive: true, force: true });
});

function lookup(changes: Partial<BinaryLookup> = {}): BinaryLookup {
  const verified = { has: (hash: string) => hashes.has(hash), add: (hash: string) => Promise.resolve(void hashes.add(hash)) };
  return { configuredPath: '', extensionPath, platform: linux, verified, ...changes };
}

async function place(relative: string, manifest?: Partial<{ rid: string; sha256: string }>, mode = 0o755): Promise<string> {
  const file = path.join(extensionPath, relative);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
  if (manifest) {
    await writeFile(path.join(path.dirname(file), 'sidecar.json'), JSON.stringify({ rid: 'linux-x64', version: '0.1.0', sha256, ...manifest }));
  }
  return file;
}

it('Binary_InThePackage_IsVerifiedOnce', async () => {
  const file = await place('bin/kftray-sidecar', {});
  await expect(findSidecar(lookup())).resolves.toBe(file);
  expect([...hashes]).toEqual([sha256]);
});

it('Binary_InThePackage_GoesBeforeTheBuiltOne', async () => {
  await place('dist/sidecar/kftray-sidecar');
  const file = await place('bin/kftray-sidecar', {});
  await expect(findSidecar(lookup())).resolves.toBe(file);
});

it('Binary_InACheckout_IsTheBuiltOne', async () => {
  const file = await place('dist/sidecar/kftray-sidecar');
  await expect(findSidecar(lookup())).resolves.toBe(file);
});

it('Binary_OfTheSetting_GoesFirst', async () => {
  await place('bin/kftray-sidecar', {});
  const own = await place('own/sidecar');
  await expect(findSidecar(lookup({ configuredPath: own }))).resolves.toBe(own);
});

it('Binary_OfTheSettingThatIsMissing_IsNamed', async () => {
  await expect(findSidecar(lookup({ configuredPath: '/nowhere/sidecar' }))).rejects.toThrow('The file that the setting kftray.sidecar.path names does not exist: /nowhere/sidecar');
});

it('Binary_Nowhere_SaysWhatToDo', async () => {
  await expect(findSidecar(lookup())).rejects.toThrow(/There|there is no .*kftray-sidecar\. Reinstall the extension\./);
});

it('Binary_OfAnotherPlatform_IsRefused', async () => {
  await place('bin/kftray-sidecar', { rid: 'win-x64' });
  await expect(findSidecar(lookup())).rejects.toThrow('This Kftray package is for win32-x64 but this host is linux-x64. Install the matching package.');
});

it('Binary_Damaged_IsRefused', async () => {
  await place('bin/kftray-sidecar', { sha256: '0'.repeat(64) });
  await expect(findSidecar(lookup())).rejects.toThrow('checksum');
  expect(hashes.size).toBe(0);
});

it('Binary_WithoutTheExecutableBit_GetsIt', async () => {
  const file = await place('bin/kftray-sidecar', {}, 0o644);
  await findSidecar(lookup());
  expect((await stat(file)).mode & 0o111).not.toBe(0);
});

it.each<[Platform, string]>([
  [linux, 'linux-x64'],
  [{ platform: 'linux', arch: 'arm64', isMusl: true }, 'linux-musl-arm64'],
  [{ platform: 'darwin', arch: 'arm64', isMusl: false }, 'osx-arm64'],
  [{ platform: 'win32', arch: 'x64', isMusl: false }, 'win-x64'],
])('RuntimeIdentifier_%o_Is_%s', (platform, expected) => {
  expect(runtimeIdentifier(platform)).toBe(expected);
});
