import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSidecar, type SidecarConnection } from '../../../extension/src/sidecar/connection';
import { type SidecarProcess, spawnSidecar, StreamTail } from '../../../extension/src/sidecar/process';
import { type ForwardSnapshot, Protocol } from '../../../extension/src/sidecar/protocol.generated';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

/** The executable under test. */
export function sidecarPath(): string {
  const file = process.env['KFTRAY_SIDECAR'] ?? path.join(root, 'dist', 'sidecar', 'kftray-sidecar');
  if (!existsSync(file)) {
    throw new Error(`There is no sidecar at ${file}. Build it with "npm run build", or name another in KFTRAY_SIDECAR.`);
  }
  return file;
}

/** The real process, spoken to the way the extension does it. */
export class RealSidecar implements AsyncDisposable {
  readonly snapshots = new Map<string, ForwardSnapshot>();
  readonly logLines: string[] = [];
  readonly stderr: StreamTail;
  private listeners: (() => void)[] = [];

  private constructor(
    readonly process: SidecarProcess,
    readonly connection: SidecarConnection,
  ) {
    this.stderr = new StreamTail(process.stderr);
    connection.onNotification('forwards/changed', ({ snapshots, removed }) => {
      removed.forEach((id) => this.snapshots.delete(id));
      snapshots.forEach((snapshot) => this.snapshots.set(snapshot.id, snapshot));
      this.listeners.forEach((listener) => {
        listener();
      });
    });
    connection.onNotification('log', ({ level, message }) => this.logLines.push(`${level} ${message}`));
  }

  /** Started, and nothing said yet. */
  static async start(): Promise<RealSidecar> {
    const process = spawnSidecar(sidecarPath(), 'contract tests');
    return new RealSidecar(process, await connectSidecar(process));
  }

  /** Started and greeted. */
  static async ready(): Promise<RealSidecar> {
    const sidecar = await RealSidecar.start();
    await sidecar.connection.request('initialize', { clientVersion: version, protocolVersion: Protocol.version, logLevel: 'info' });
    return sidecar;
  }

  /** Resolves with the forward as soon as its snapshot fits. */
  becomes(id: string, fits: (snapshot: ForwardSnapshot) => boolean): Promise<ForwardSnapshot> {
    return new Promise((resolve) => {
      const look = (): void => {
        const snapshot = this.snapshots.get(id);
        if (snapshot && fits(snapshot)) {
          this.listeners = this.listeners.filter((listener) => listener !== look);
          resolve(snapshot);
        }
      };
      this.listeners.push(look);
      look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.stdin.end();
    const timeout = setTimeout(() => {
      this.process.kill();
    }, 5000);
    await this.process.exited;
    clearTimeout(timeout);
    this.connection.dispose();
  }
}
