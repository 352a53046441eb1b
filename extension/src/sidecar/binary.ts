import { constants, createReadStream, existsSync } from 'node:fs';
import { access, chmod, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import { SidecarUnusableError } from './errors';

/** What the package says about the executable it carries: `bin/sidecar.json`. */
interface SidecarManifest {
  readonly rid: string;
  readonly version: string;
  readonly sha256: string;
}

export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Linux with musl instead of glibc, such as Alpine. */
  readonly isMusl: boolean;
}

export interface BinaryLookup {
  /** The user's own choice; empty means the packaged one. */
  readonly configuredPath: string;
  readonly extensionPath: string;
  readonly platform: Platform;
  /** Remembers which executables were checked, so that hashing happens once per installed version. */
  readonly verified: { has(sha256: string): boolean; add(sha256: string): Thenable<void> };
}

/** Finds the sidecar's executable and proves that it can be run here. */
export async function findSidecar(lookup: BinaryLookup): Promise<string> {
  if (lookup.configuredPath !== '') {
    await proveExecutable(lookup.configuredPath, vscode.l10n.t('The file that the setting kftray.sidecar.path names'));
    return lookup.configuredPath;
  }
  const name = lookup.platform.platform === 'win32' ? 'kftray-sidecar.exe' : 'kftray-sidecar';
  const packaged = path.join(lookup.extensionPath, 'bin', name);
  if (await exists(packaged)) {
    await proveManifest(packaged, lookup);
    await proveExecutable(packaged, vscode.l10n.t('The packaged service'));
    return packaged;
  }
  // Run from a checkout: what the build leaves.
  const built = path.join(lookup.extensionPath, 'dist', 'sidecar', name);
  if (await exists(built)) {
    await proveExecutable(built, vscode.l10n.t('The built service'));
    return built;
  }
  throw new SidecarUnusableError(vscode.l10n.t('The Kftray service is missing: there is no {0}. Reinstall the extension.', packaged));
}

/** .NET's runtime identifier of this host. */
export function runtimeIdentifier({ platform, arch, isMusl }: Platform): string {
  const system = platform === 'win32' ? 'win' : platform === 'darwin' ? 'osx' : isMusl ? 'linux-musl' : platform;
  return `${system}-${arch}`;
}

/** What the package for a runtime identifier is called: `linux-musl-x64` is `alpine-x64`. */
function packageTarget(rid: string): string {
  return rid.replace(/^win-/, 'win32-').replace(/^osx-/, 'darwin-').replace(/^linux-musl-/, 'alpine-');
}

/** The editor knows one platform with musl: Alpine. */
export function currentPlatform(): Platform {
  return { platform: process.platform, arch: process.arch, isMusl: process.platform === 'linux' && existsSync('/etc/alpine-release') };
}

async function proveManifest(executable: string, { platform, verified }: BinaryLookup): Promise<void> {
  const manifestPath = path.join(path.dirname(executable), 'sidecar.json');
  if (!(await exists(manifestPath))) {
    return;
  }
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as SidecarManifest;
  const rid = runtimeIdentifier(platform);
  if (manifest.rid !== rid) {
    throw new SidecarUnusableError(vscode.l10n.t('This Kftray package is for {0} but this host is {1}. Install the matching package.', packageTarget(manifest.rid), packageTarget(rid)));
  }
  if (verified.has(manifest.sha256)) {
    return;
  }
  if ((await sha256(executable)) !== manifest.sha256) {
    throw new SidecarUnusableError(vscode.l10n.t('The packaged Kftray service is damaged: its checksum differs. Reinstall the extension.'));
  }
  await verified.add(manifest.sha256);
}

/** A package that was packed on Windows lost the executable bit: it is set once. */
async function proveExecutable(file: string, subject: string): Promise<void> {
  if (!(await exists(file))) {
    throw new SidecarUnusableError(vscode.l10n.t('{0} does not exist: {1}', subject, file));
  }
  if (process.platform === 'win32' || (await isExecutable(file))) {
    return;
  }
  try {
    await chmod(file, 0o755);
  } catch (error) {
    throw new SidecarUnusableError(vscode.l10n.t('{0} may not be executed: {1} ({2})', subject, file, String(error)));
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function sha256(file: string): Promise<string> {
  // Loading it takes a tenth of the activation, and it is needed once per installed version.
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
