import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { spawnSidecar, StreamTail } from '../../../extension/src/sidecar/process';
import { RealSidecar, sidecarPath } from '../support/realSidecar';

const api = '[{ "alias": "api", "service": "api", "local_port": 0, "remote_port": 80 }]';

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

describe('End', () => {
  it('Sidecar_WhenStdinEnds_LeavesWithin2sAndNothingListens', async () => {
    const sidecar = await RealSidecar.ready();
    const document = { uri: 'file:///w/.vscode/kftray.json', folder: 'w', kind: 'shared' as const, text: api };
    const params = { documents: [document], trusted: true, settings: { kubeconfig: ['/nowhere/kubeconfig'] } };
    const { ranges } = await sidecar.connection.request('workspace/apply', params);
    await sidecar.connection.request('workspace/apply', { ...params, enabled: [ranges[0]!.id] });
    const { localPort } = await sidecar.becomes(ranges[0]!.id, (snapshot) => snapshot.status !== 'stopped' && snapshot.localPort !== 0);
    await expect(canConnect(localPort)).resolves.toBe(true);

    const before = performance.now();
    sidecar.process.stdin.end();
    await expect(sidecar.process.exited).resolves.toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(2500);
    await expect(canConnect(localPort)).resolves.toBe(false);
    sidecar.connection.dispose();
  });

  it('Sidecar_WhenStdinEndsBeforeAWord_LeavesCleanly', async () => {
    const process = spawnSidecar(sidecarPath(), 'contract tests');
    process.stdin.end();
    await expect(process.exited).resolves.toEqual({ code: 0, signal: null });
  });

  it('Sidecar_AfterARefusedHandshake_CanStillBeEnded', async () => {
    const sidecar = await RealSidecar.start();
    await expect(sidecar.connection.request('initialize', { clientVersion: '0', protocolVersion: 0 })).rejects.toThrow();
    await sidecar[Symbol.asyncDispose]();
    await expect(sidecar.process.exited).resolves.toEqual({ code: 0, signal: null });
  });
});

describe('Garbage', () => {
  it.each<[string, string | Buffer]>([
    ['NoHeaders', 'GET / HTTP/1.1\r\n\r\n'],
    ['RandomBytes', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 197 + 31) % 256))],
    ['ALineWithoutEnd', 'x'.repeat(1_000_000)],
    ['NoJson', 'Content-Length: 9\r\n\r\n{"id": 1,'],
    ['ANegativeLength', 'Content-Length: -5\r\n\r\n{}'],
    ['AnOversizedMessage', 'Content-Length: 5000000000\r\n\r\n{'],
  ])('Sidecar_%sOnThePipe_EndsWithAClearErrorAndInBoundedMemory', async (_, bytes) => {
    const process = spawnSidecar(sidecarPath(), 'contract tests');
    const stderr = new StreamTail(process.stderr);
    process.stdout.resume();
    process.stdin.write(bytes);
    const exit = await process.exited;
    expect(exit.code).not.toBe(0);
    expect(exit.signal).toBeNull();
    expect(stderr.text).not.toBe('');
  });

  it('Sidecar_AMessageThatIsLargeButAllowed_IsServed', async () => {
    await using sidecar = await RealSidecar.ready();
    const text = `[${' '.repeat(8 * 1024 * 1024)}]`;
    const { problems } = await sidecar.connection.request('workspace/apply', { documents: [{ uri: 'file:///w/x.json', folder: 'w', kind: 'shared', text }], trusted: true });
    expect(problems).toEqual([]);
  });
});

it('Sidecar_WindowName_IsInItsCommandLine', async () => {
  await using sidecar = await RealSidecar.ready();
  const { pid } = sidecar.process;
  if (process.platform === 'linux') {
    expect(readFileSync(`/proc/${pid ?? 0}/cmdline`, 'utf8').split('\0')).toEqual(expect.arrayContaining(['serve', '--window', 'contract tests']));
  }
  expect(pid).toBeGreaterThan(0);
});
