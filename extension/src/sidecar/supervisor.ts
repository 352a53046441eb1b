import * as vscode from 'vscode';
import { Emitter } from '../model/emitter';
import { type ServiceStatus } from '../model/summary';
import { type SidecarConnection } from './connection';
import { SidecarCrashedError, SidecarRequestError, SidecarStoppedError, SidecarUnusableError } from './errors';
import { describeExit, type SidecarExit, type SidecarProcess, StreamTail } from './process';
import { type InitializeParams, RpcErrors } from './protocol.generated';
import { type RestartPolicy } from './restartPolicy';

export interface SupervisorLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What the supervisor does not do itself. */
export interface SupervisorSteps {
  /** Finds the executable and proves that it may be run. */
  locate(): Promise<string>;
  spawn(path: string): SidecarProcess;
  connect(process: SidecarProcess): Promise<SidecarConnection>;
  /** Parameters of the handshake. */
  greeting(): InitializeParams;
  /** Subscribes to a new connection, before its first request. */
  attach(connection: SidecarConnection): void;
  /** Sends everything that is wanted over a new connection, before anybody else may use it. */
  applyDesiredState(connection: SidecarConnection): Promise<void>;
  /** Milliseconds that never go back. */
  now(): number;
  /** Resolves after the delay, or at once when aborted. */
  delay(delayMs: number, signal: AbortSignal): Promise<void>;
}

/** Why a sidecar's life ended without its own doing. */
type Wish = 'restart' | 'stop';

const handshakeTimeoutMs = 10_000;
const stopTimeoutMs = 3000;

/**
 * Owns the sidecar's process. One loop: find → prove → spawn → handshake → apply the desired state → wait for its end → again, until the
 * policy gives up or the window closes. Nothing else starts, ends or counts processes.
 */
export class SidecarSupervisor {
  private loop: Promise<void> | undefined;
  private stopped = false;
  private wish = new Deferred<Wish>();
  private ready = new Deferred<SidecarConnection>();
  private current: ServiceStatus = 'idle';
  private readonly changed = new Emitter<ServiceStatus>();
  private readonly gaveUp = new Emitter<Error>();

  readonly onDidChangeStatus = this.changed.event;
  /** The service is down and stays down until the user asks for it. */
  readonly onDidGiveUp = this.gaveUp.event;

  constructor(
    private readonly steps: SupervisorSteps,
    private readonly policy: RestartPolicy,
    private readonly log: SupervisorLog,
  ) {}

  get status(): ServiceStatus {
    return this.current;
  }

  /** The living connection; starts the service if this is the first need for it. Rejects once the service is down or stopped. */
  connection(): Promise<SidecarConnection> {
    if (this.stopped) {
      return Promise.reject(new SidecarStoppedError(vscode.l10n.t('The Kftray service was stopped.')));
    }
    this.loop ??= this.run();
    return this.ready.promise;
  }

  /** Ends the process, if any, and starts another. Requests while that happens coalesce. */
  restart(): Promise<SidecarConnection> {
    if (this.loop) {
      this.policy.reset();
      if (this.ready.isSettled) {
        this.ready = new Deferred();
      }
      this.wish.resolve('restart');
    }
    return this.connection();
  }

  /** Closes the pipe and waits until the process is gone; kills it after 3 s. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wish.resolve('stop');
    this.ready.reject(new SidecarStoppedError(vscode.l10n.t('The Kftray service was stopped.')));
    await this.loop;
  }

  private async run(): Promise<void> {
    for (let isFirst = true; !this.stopped; isFirst = false) {
      this.enter(isFirst ? 'starting' : 'restarting');
      const end = await this.live();
      if (end instanceof Error) {
        await this.mourn(end);
      }
      if (this.wish.value === 'restart') {
        this.wish = new Deferred();
      }
    }
    this.enter('idle');
  }

  /** One process, from its start to its end. Resolves with the wish that ended it, or with what went wrong. */
  private async live(): Promise<Wish | Error> {
    let process: SidecarProcess | undefined;
    let connection: SidecarConnection | undefined;
    let stderr: StreamTail | undefined;
    try {
      const path = await this.steps.locate();
      process = this.steps.spawn(path);
      stderr = new StreamTail(process.stderr);
      this.log.info(`Started ${path}, process ${process.pid ?? 'unknown'}`);
      connection = await this.steps.connect(process);
      this.steps.attach(connection);

      // Whatever is awaited, the end of the process and the user's wish are heard.
      const interrupted = Promise.race([process.exited.then(crashed), this.wish.promise]);
      const greeted = await Promise.race([this.greet(connection), interrupted]);
      if (greeted !== undefined) {
        return greeted;
      }
      const applied = await Promise.race([this.steps.applyDesiredState(connection), interrupted]);
      if (applied !== undefined) {
        return applied;
      }
      this.ready.resolve(connection);
      this.enter('ready');
      return await Promise.race([interrupted, connection.closed]);
    } catch (error) {
      return asError(error);
    } finally {
      if (this.ready.isSettled && !this.stopped) {
        // From here on whoever asks for the connection waits for the next one.
        this.ready = new Deferred();
      }
      const exit = process && (await this.end(process));
      connection?.dispose();
      if (exit && stderr?.text) {
        this.log.warn(`Last words of the sidecar (${describeExit(exit)}):\n${stderr.text}`);
      }
    }
  }

  private async greet(connection: SidecarConnection): Promise<undefined> {
    const greeting = this.steps.greeting();
    const giveUp = new AbortController();
    const timeout = this.steps.delay(handshakeTimeoutMs, giveUp.signal).then(() => {
      if (!giveUp.signal.aborted) {
        throw new SidecarCrashedError(vscode.l10n.t('The Kftray service did not answer within {0} s.', handshakeTimeoutMs / 1000));
      }
    });
    try {
      const answer = await Promise.race([connection.request('initialize', greeting), timeout]);
      if (answer && (answer.sidecarVersion !== greeting.clientVersion || answer.protocolVersion !== greeting.protocolVersion)) {
        throw new SidecarUnusableError(
          vscode.l10n.t('The sidecar is version {0}, the extension {1}. Reinstall the extension.', answer.sidecarVersion, greeting.clientVersion),
        );
      }
    } catch (error) {
      if (error instanceof SidecarRequestError && error.code === RpcErrors.versionMismatch) {
        throw new SidecarUnusableError(error.message);
      }
      throw error;
    } finally {
      giveUp.abort();
    }
    return undefined;
  }

  /** Waits before the next life, or for the user when there have been too many. */
  private async mourn(error: Error): Promise<void> {
    const decision = error instanceof SidecarUnusableError ? { restart: false as const } : this.policy.crashed(this.steps.now());
    if (this.stopped) {
      return;
    }
    if (decision.restart) {
      this.log.warn(`${error.message} Starting it again in ${decision.delayMs} ms.`);
      this.enter('restarting');
      const wake = new AbortController();
      await Promise.race([this.steps.delay(decision.delayMs, wake.signal), this.wish.promise]);
      wake.abort();
      return;
    }
    this.log.error(error.message);
    this.ready.reject(error);
    this.enter('down');
    this.gaveUp.fire(error);
    await this.wish.promise;
  }

  /** Closing stdin asks the sidecar to clean up and leave; it is killed only when it does not. */
  private async end(process: SidecarProcess): Promise<SidecarExit> {
    process.stdin.end();
    const gone = new AbortController();
    const timedOut = this.steps.delay(stopTimeoutMs, gone.signal).then(() => undefined);
    const exit = await Promise.race([process.exited, timedOut]);
    gone.abort();
    if (exit) {
      return exit;
    }
    this.log.warn(`The sidecar did not end within ${stopTimeoutMs / 1000} s and is killed.`);
    process.kill();
    return process.exited;
  }

  private enter(status: ServiceStatus): void {
    if (status !== this.current) {
      this.current = status;
      this.changed.fire(status);
    }
  }
}

function crashed(exit: SidecarExit): Error {
  return exit.error
    ? new SidecarCrashedError(vscode.l10n.t('The Kftray service could not be started: {0}.', exit.error.message))
    : new SidecarCrashedError(vscode.l10n.t('The Kftray service ended unexpectedly ({0}).', describeExit(exit)));
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** A promise and its resolution. Settles once; a rejection that nobody waits for is not an error of its own. */
class Deferred<T> {
  value: T | undefined;
  isSettled = false;
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = (value) => {
      this.value ??= value;
      this.isSettled = true;
      resolve(value);
    };
    this.reject = (error) => {
      this.isSettled = true;
      reject(error);
    };
  });

  constructor() {
    this.promise.catch(() => undefined);
  }
}
