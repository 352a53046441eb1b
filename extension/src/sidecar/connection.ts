import { type CancellationToken, type MessageConnection } from 'vscode-jsonrpc/node';
import { SidecarCancelledError, SidecarCrashedError, SidecarRequestError } from './errors';
import { type SidecarProcess } from './process';
import { type Notifications, type Requests } from './protocol.generated';

/** Structural, so that the editor's own tokens fit without this file knowing the editor. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: (event: unknown) => unknown): { dispose(): void };
}

/** The typed pipe to one living sidecar. It never outlives its process. */
export interface SidecarConnection {
  request<M extends keyof Requests>(method: M, params: Requests[M]['params'], cancellation?: Cancellation): Promise<Requests[M]['result']>;
  onNotification<N extends keyof Notifications>(method: N, handler: (params: Notifications[N]) => void): void;
  readonly isClosed: boolean;
  /** Resolves with the reason once the pipe is of no more use. */
  readonly closed: Promise<Error>;
  dispose(): void;
}

/** The code of the answer to a cancelled request, as the Language Server Protocol defines it. */
const requestCancelled = -32800;

/** Sees every message, for developers. */
export interface Tracer {
  /** With the parameters. */
  readonly isVerbose: boolean;
  write(line: string): void;
}

export async function connectSidecar(process: SidecarProcess, tracer?: Tracer): Promise<SidecarConnection> {
  // Loading it takes longer than the rest of activation: only those who start a sidecar pay.
  const rpc = await import('vscode-jsonrpc/node');
  const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(process.stdout), new rpc.StreamMessageWriter(process.stdin));
  let isClosed = false;
  /** Requests that wait for their answers: once the pipe is closed, none will come. */
  const waiting = new Set<(reason: Error) => void>();
  const closed = new Promise<Error>((resolve) => {
    const close = (error: Error): void => {
      isClosed = true;
      resolve(error);
      waiting.forEach((giveUp) => {
        giveUp(error);
      });
    };
    connection.onError(([error]) => {
      close(new SidecarCrashedError(`The pipe to the Kftray service broke: ${error.message}`));
    });
    connection.onClose(() => {
      close(new SidecarCrashedError('The Kftray service closed the pipe.'));
    });
    connection.onDispose(() => {
      close(new SidecarCrashedError('The Kftray service was stopped.'));
    });
  });
  connection.listen();
  if (tracer) {
    const log = (message: unknown, data?: string): void => {
      tracer.write([String(message), data].filter(Boolean).join('\n'));
    };
    await connection.trace(tracer.isVerbose ? rpc.Trace.Verbose : rpc.Trace.Messages, { log });
  }
  return {
    request: async (method, params, cancellation) => {
      if (isClosed) {
        throw await closed;
      }
      // Not raced against `closed`: that would keep something of every request for the life of the connection.
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        send(rpc, connection, method, params, cancellation)
          .then(resolve, reject)
          .finally(() => waiting.delete(reject));
      });
    },
    onNotification: (method, handler) => void connection.onNotification(method, handler),
    get isClosed() {
      return isClosed;
    },
    closed,
    dispose: () => {
      connection.dispose();
    },
  };
}

async function send<M extends keyof Requests>(
  rpc: typeof import('vscode-jsonrpc/node'),
  connection: MessageConnection,
  method: M,
  params: Requests[M]['params'],
  cancellation: Cancellation | undefined,
): Promise<Requests[M]['result']> {
  try {
    // An undefined token would be sent as a second parameter.
    const token = cancellation === undefined ? [] : [cancellation as CancellationToken];
    return await connection.sendRequest<Requests[M]['result']>(method, params, ...token);
  } catch (error) {
    if (error instanceof rpc.ResponseError) {
      if (error.code === requestCancelled) {
        throw new SidecarCancelledError(error.message);
      }
      throw new SidecarRequestError(error.message, error.code, error.data);
    }
    throw error;
  }
}
