import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { type Emitter } from '../model/emitter';
import { type ForwardStore } from '../model/forwardStore';
import { type LogHistory } from '../model/logHistory';
import { type Settings } from '../settings';
import { currentPlatform, findSidecar } from './binary';
import { connectSidecar, type SidecarConnection, type Tracer } from './connection';
import { relayLog, sidecarLogLevel } from './logRelay';
import { spawnSidecar } from './process';
import { type PodLogParams, Protocol } from './protocol.generated';
import { type SidecarSupervisor, type SupervisorSteps } from './supervisor';

const verifiedKey = 'kftray.verifiedSidecar';

/** The supervisor's steps in a real window. */
export function sidecarSteps(
  extension: vscode.ExtensionContext,
  settings: Settings,
  log: vscode.LogOutputChannel,
  { store, history, podLogs }: { store: ForwardStore; history: LogHistory; podLogs: Emitter<PodLogParams> },
  apply: (connection: SidecarConnection) => Promise<unknown>,
): SupervisorSteps {
  const { version } = extension.extension.packageJSON as { version: string };
  return {
    locate: () =>
      findSidecar({
        configuredPath: settings.sidecarPath,
        extensionPath: extension.extensionPath,
        platform: currentPlatform(),
        verified: {
          has: (sha256) => extension.globalState.get(verifiedKey) === `${version} ${sha256}`,
          add: (sha256) => extension.globalState.update(verifiedKey, `${version} ${sha256}`),
        },
      }),
    spawn: (path) => spawnSidecar(path, vscode.workspace.name ?? vscode.l10n.t('untitled')),
    connect: (process) => connectSidecar(process, tracer(settings, log)),
    greeting: () => ({ clientVersion: version, protocolVersion: Protocol.version, logLevel: sidecarLogLevel(log.logLevel) }),
    attach: (connection) => {
      connection.onNotification('forwards/changed', (change) => {
        store.update(change);
      });
      connection.onNotification('forward/podLog', (piece) => {
        podLogs.fire(piece);
      });
      connection.onNotification('log', (line) => {
        relayLog(log, line);
        history.add(line, new Date());
      });
      void connection.closed.then(() => {
        store.expire();
      });
    },
    applyDesiredState: async (connection) => {
      try {
        await apply(connection);
      } catch (error) {
        // A sidecar that refuses the workspace can still be asked again; one that died over it cannot.
        if (connection.isClosed) {
          throw error;
        }
        log.error(`The workspace could not be applied: ${String(error)}`);
      }
    },
    now: () => performance.now(),
    delay: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
  };
}

/** Takes effect with the next start of the service. */
function tracer({ trace }: Settings, log: vscode.LogOutputChannel): Tracer | undefined {
  const write = (line: string): void => {
    log.info(`[RPC] ${line}`);
  };
  return trace === 'off' ? undefined : { isVerbose: trace === 'verbose', write };
}

/** Tells the living sidecar how much to log. One that is being started learns it from its greeting. */
export async function setLogLevel(supervisor: SidecarSupervisor, level: vscode.LogLevel): Promise<void> {
  if (supervisor.status === 'ready') {
    await (await supervisor.connection()).request('log/setLevel', { level: sidecarLogLevel(level) });
  }
}
