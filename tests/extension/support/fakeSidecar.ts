import { PassThrough } from 'node:stream';
import { createMessageConnection, type MessageConnection, ResponseError, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { type SidecarExit, type SidecarProcess } from '../../../extension/src/sidecar/process';
import { type ApplyParams, type ApplyResult, type ForwardsChangedParams, type InitializeParams, Protocol } from '../../../extension/src/sidecar/protocol.generated';

export interface Script {
  /** The version it answers with; a version other than the client's is how a stale process looks. */
  version?: string;
  /** Refuses the handshake with this error. */
  refusal?: { code: number; message: string };
  /** Never answers the handshake. */
  isMute?: boolean;
  /** Stays when its stdin closes. */
  isStubborn?: boolean;
  onApply?: (params: ApplyParams) => ApplyResult;
}

/** A process that speaks the protocol, without being one. */
export class FakeSidecar implements SidecarProcess {
  readonly pid: number;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exited: Promise<SidecarExit>;
  readonly applied: ApplyParams[] = [];
  readonly greetings: InitializeParams[] = [];
  wasKilled = false;
  private end!: (exit: SidecarExit) => void;
  private readonly connection: MessageConnection;

  constructor(pid: number, script: Script = {}) {
    this.pid = pid;
    this.exited = new Promise((resolve) => (this.end = resolve));
    this.connection = createMessageConnection(new StreamMessageReader(this.stdin), new StreamMessageWriter(this.stdout));
    this.connection.onRequest('initialize', (params: InitializeParams) => {
      this.greetings.push(params);
      if (script.isMute) {
        return new Promise(() => undefined);
      }
      return script.refusal ? new ResponseError(script.refusal.code, script.refusal.message) : { sidecarVersion: script.version ?? params.clientVersion, protocolVersion: Protocol.version };
    });
    this.connection.onRequest('workspace/apply', (params: ApplyParams) => {
      this.applied.push(params);
      return script.onApply?.(params) ?? { problems: [], ranges: [] };
    });
    this.connection.listen();
    this.stdin.on('end', () => {
      if (!script.isStubborn) {
        this.exit({ code: 0, signal: null });
      }
    });
  }

  crash(code = 1): void {
    this.exit({ code, signal: null });
  }

  kill(): void {
    this.wasKilled = true;
    this.exit({ code: null, signal: 'SIGKILL' });
  }

  async notify(change: ForwardsChangedParams): Promise<void> {
    await this.connection.sendNotification('forwards/changed', change);
  }

  private exit(exit: SidecarExit): void {
    this.stdout.end();
    this.stderr.end();
    this.end(exit);
  }
}
