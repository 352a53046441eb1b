import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { type Readable, type Writable } from 'node:stream';

/** How a process ended. */
export interface SidecarExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Set when it never started. */
  readonly error?: Error;
}

/** What the supervisor needs of a child process. Tests put a pair of streams here. */
export interface SidecarProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects. */
  readonly exited: Promise<SidecarExit>;
  kill(): void;
}

/** How long after its exit a process's last words are waited for: a grandchild may hold the pipe open. */
const lastWordsMs = 250;

/** @param windowName Shown by other windows, whose forwards find a port in use by this one. */
export function spawnSidecar(path: string, windowName: string): SidecarProcess {
  // Not started in the workspace: a process that runs for hours must not keep a folder from being moved or unmounted.
  const child = spawn(path, ['serve', '--window', windowName], { cwd: homedir(), env: environment(), stdio: 'pipe', windowsHide: true });
  const exited = new Promise<SidecarExit>((resolve) => {
    child.once('error', (error) => {
      resolve({ code: null, signal: null, error });
    });
    child.once('exit', (code, signal) => {
      const finish = (): void => {
        resolve({ code, signal });
      };
      child.once('close', finish);
      setTimeout(finish, lastWordsMs);
    });
  });
  child.stdin.on('error', () => {
    /* EPIPE: the process ended while we wrote to it, and `exited` tells. */
  });
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Ours, less what makes an Electron program behave as Node: credential plugins inherit it from the sidecar. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'ELECTRON_RUN_AS_NODE'));
}

/** "exit code 3", "signal SIGKILL", or why it did not start. */
export function describeExit({ code, signal, error }: SidecarExit): string {
  return error?.message ?? (signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`);
}

/** The last lines of a stream, for the message about a crash. */
export class StreamTail {
  private lines: string[] = [];
  private rest = '';

  constructor(
    stream: Readable,
    private readonly limit = 50,
  ) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (this.rest + chunk).split(/\r?\n/);
      // A line without an end must not grow for ever either.
      this.rest = (parts.pop() ?? '').slice(-4096);
      this.lines = [...this.lines, ...parts].slice(-this.limit);
    });
  }

  get text(): string {
    return [...this.lines, this.rest].filter((line) => line.trim() !== '').slice(-this.limit).join('\n');
  }
}
