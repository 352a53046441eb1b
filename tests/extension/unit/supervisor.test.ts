import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectSidecar, type SidecarConnection } from '../../../extension/src/sidecar/connection';
import { SidecarCrashedError, SidecarStoppedError, SidecarUnusableError } from '../../../extension/src/sidecar/errors';
import { Protocol, RpcErrors } from '../../../extension/src/sidecar/protocol.generated';
import { RestartPolicy } from '../../../extension/src/sidecar/restartPolicy';
import { SidecarSupervisor } from '../../../extension/src/sidecar/supervisor';
import { FakeSidecar, type Script } from '../support/fakeSidecar';
import { HandClock } from '../support/handClock';

let clock: HandClock;
let processes: FakeSidecar[];
let scripts: Script[];
let statuses: string[];
let failures: Error[];
let log: string[];
let supervisor: SidecarSupervisor;
let locate: () => Promise<string>;

beforeEach(() => {
  clock = new HandClock();
  processes = [];
  scripts = [];
  statuses = [];
  failures = [];
  log = [];
  locate = () => Promise.resolve('/fake/kftray-sidecar');
  const write = (message: string): void => void log.push(message);
  supervisor = new SidecarSupervisor(
    {
      locate: () => locate(),
      spawn: () => {
        const process = new FakeSidecar(processes.length + 1, scripts[processes.length]);
        processes.push(process);
        return process;
      },
      connect: connectSidecar,
      greeting: () => ({ clientVersion: '1.2.3', protocolVersion: Protocol.version, logLevel: 'info' }),
      attach: () => undefined,
      applyDesiredState: async (connection: SidecarConnection) => {
        await connection.request('workspace/apply', { enabled: ['shop/api'], trusted: true });
      },
      now: clock.now,
      delay: clock.delay,
    },
    new RestartPolicy(),
    { info: write, warn: write, error: write },
  );
  supervisor.onDidChangeStatus((status) => statuses.push(status));
  supervisor.onDidGiveUp((error) => failures.push(error));
});

afterEach(async () => {
  await supervisor.stop();
});

const becomes = (status: string): Promise<void> => vi.waitFor(() => { expect(supervisor.status).toBe(status); });

/** Crashes the living process and lets the delay before the next one pass. */
async function crashAndRestart(): Promise<void> {
  const count = processes.length;
  processes[count - 1]!.crash();
  await vi.waitFor(() => {
    clock.advance(3000);
    expect(processes).toHaveLength(count + 1);
  });
  await becomes('ready');
}

describe('Start', () => {
  it('Supervisor_UntilItIsNeeded_StartsNothing', () => {
    expect(supervisor.status).toBe('idle');
    expect(processes).toHaveLength(0);
  });

  it('Supervisor_WhenNeeded_GreetsAndAppliesBeforeAnybodyElse', async () => {
    const connection = await supervisor.connection();
    expect(processes[0]!.greetings).toEqual([{ clientVersion: '1.2.3', protocolVersion: Protocol.version, logLevel: 'info' }]);
    expect(processes[0]!.applied).toEqual([{ enabled: ['shop/api'], trusted: true }]);
    expect(statuses).toEqual(['starting', 'ready']);
    expect(connection.isClosed).toBe(false);
  });

  it('Supervisor_NeededTwice_StartsOneProcess', async () => {
    const [first, second] = await Promise.all([supervisor.connection(), supervisor.connection()]);
    expect(first).toBe(second);
    expect(processes).toHaveLength(1);
  });

  it('Supervisor_WithoutAnExecutable_IsDownAtOnce', async () => {
    locate = () => Promise.reject(new SidecarUnusableError('There is none.'));
    await expect(supervisor.connection()).rejects.toThrow('There is none.');
    await becomes('down');
    expect(failures).toHaveLength(1);
    expect(processes).toHaveLength(0);
  });

  it.each<[string, Script]>([
    ['RefusedByTheSidecar', { refusal: { code: RpcErrors.versionMismatch, message: 'The sidecar is version 1.0.0, the extension 1.2.3. Reinstall the extension.' } }],
    ['SeenByTheExtension', { version: '1.0.0' }],
  ])('Supervisor_VersionMismatch_%s_IsNotTriedAgain', async (_, script) => {
    scripts = [script];
    await expect(supervisor.connection()).rejects.toThrow('The sidecar is version 1.0.0, the extension 1.2.3. Reinstall the extension.');
    await becomes('down');
    expect(processes).toHaveLength(1);
    await expect(processes[0]!.exited).resolves.toEqual({ code: 0, signal: null });
  });

  it('Supervisor_WithoutAnAnswerIn10s_StartsAnother', async () => {
    scripts = [{ isMute: true }];
    const connection = supervisor.connection();
    await vi.waitFor(() => { expect(clock.armed).toContain(10_000); });
    clock.advance(10_000);
    await connection;
    expect(processes).toHaveLength(2);
  });
});

describe('Crash', () => {
  it('Supervisor_AfterACrash_StartsAgainAndSendsWhatIsWanted', async () => {
    const first = await supervisor.connection();
    processes[0]!.crash();
    await vi.waitFor(() => { expect(processes).toHaveLength(2); });
    const second = await supervisor.connection();
    expect(second).not.toBe(first);
    expect(first.isClosed).toBe(true);
    expect(processes[1]!.applied).toHaveLength(1);
    expect(failures).toHaveLength(0);
  });

  it('Supervisor_RequestUnderACrash_IsRejectedAndNotHung', async () => {
    scripts = [{ onApply: () => ({ problems: [], ranges: [] }) }];
    const connection = await supervisor.connection();
    const answer = connection.request('forward/retry', { id: 'x' });
    processes[0]!.crash();
    await expect(answer).rejects.toThrow();
  });

  it('Supervisor_FourCrashesIn5Minutes_GivesUpAndSaysSo', async () => {
    await supervisor.connection();
    for (let crash = 0; crash < 3; crash++) {
      await crashAndRestart();
    }
    processes[3]!.crash(7);
    await becomes('down');
    expect(failures.map(({ message }) => message)).toEqual(['The Kftray service ended unexpectedly (exit code 7).']);
    await expect(supervisor.connection()).rejects.toBeInstanceOf(SidecarCrashedError);
    expect(processes).toHaveLength(4);
  });

  it('Supervisor_DownAndAskedByTheUser_TriesAgain', async () => {
    locate = () => Promise.reject(new SidecarUnusableError('There is none.'));
    await expect(supervisor.connection()).rejects.toThrow();
    await becomes('down');
    locate = () => Promise.resolve('/fake/kftray-sidecar');
    await supervisor.restart();
    expect(supervisor.status).toBe('ready');
  });

  it('Supervisor_LastWordsOfTheProcess_AreLogged', async () => {
    await supervisor.connection();
    processes[0]!.stderr.write('Unhandled: out of luck\n');
    processes[0]!.crash();
    await vi.waitFor(() => { expect(log.join('\n')).toContain('Unhandled: out of luck'); });
  });

  it('Supervisor_GarbageOnStdout_EndsTheProcessAndStartsAnother', async () => {
    await supervisor.connection();
    processes[0]!.stdout.write('Content-Length: 7\r\n\r\n{"a": b');
    await vi.waitFor(() => { expect(processes).toHaveLength(2); });
    await supervisor.connection();
  });
});

describe('Restart', () => {
  it('Supervisor_Restart_EndsTheOldProcessFirst', async () => {
    await supervisor.connection();
    await supervisor.restart();
    await expect(processes[0]!.exited).resolves.toEqual({ code: 0, signal: null });
    expect(processes).toHaveLength(2);
    expect(supervisor.status).toBe('ready');
  });

  it('Supervisor_SeveralRestarts_Coalesce', async () => {
    await supervisor.connection();
    await Promise.all([supervisor.restart(), supervisor.restart(), supervisor.restart()]);
    expect(processes).toHaveLength(2);
  });
});

describe('Stop', () => {
  it('Supervisor_Stop_ClosesStdinAndWaits', async () => {
    await supervisor.connection();
    await supervisor.stop();
    await expect(processes[0]!.exited).resolves.toEqual({ code: 0, signal: null });
    expect(processes[0]!.wasKilled).toBe(false);
    expect(supervisor.status).toBe('idle');
    await expect(supervisor.connection()).rejects.toBeInstanceOf(SidecarStoppedError);
  });

  it('Supervisor_StopOfAStubbornProcess_KillsItAfter3s', async () => {
    scripts = [{ isStubborn: true }];
    await supervisor.connection();
    const stopped = supervisor.stop();
    await vi.waitFor(() => { expect(clock.armed).toContain(3000); });
    expect(processes[0]!.wasKilled).toBe(false);
    clock.advance(3000);
    await stopped;
    expect(processes[0]!.wasKilled).toBe(true);
  });

  it('Supervisor_StopDuringTheHandshake_EndsTheProcess', async () => {
    scripts = [{ isMute: true }];
    const connection = supervisor.connection();
    await vi.waitFor(() => { expect(processes[0]?.greetings).toHaveLength(1); });
    await supervisor.stop();
    await expect(connection).rejects.toBeInstanceOf(SidecarStoppedError);
    await expect(processes[0]!.exited).resolves.toEqual({ code: 0, signal: null });
  });

  it('Supervisor_StopWhileDown_Ends', async () => {
    locate = () => Promise.reject(new SidecarUnusableError('There is none.'));
    await expect(supervisor.connection()).rejects.toThrow();
    await supervisor.stop();
    expect(supervisor.status).toBe('idle');
  });

  it('Supervisor_NeverNeeded_StopsAtOnce', async () => {
    await supervisor.stop();
    expect(processes).toHaveLength(0);
  });
});
