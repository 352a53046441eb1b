import * as vscode from 'vscode';
import { type InBackground, inBackground } from './background';
import { Emitter } from './model/emitter';
import { ForwardStore } from './model/forwardStore';
import { LogHistory } from './model/logHistory';
import { Settings } from './settings';
import { type SidecarConnection } from './sidecar/connection';
import { setLogLevel, sidecarSteps } from './sidecar/launch';
import { type PodLogParams } from './sidecar/protocol.generated';
import { RestartPolicy } from './sidecar/restartPolicy';
import { SidecarSupervisor } from './sidecar/supervisor';
import { ConfigDocuments } from './workspace/configDocuments';
import { Consents } from './workspace/consents';
import { EnabledSet, type Memory } from './workspace/enabledSet';
import { Problems } from './workspace/problems';
import { WorkspaceSync } from './workspace/workspaceSync';

/** Keeps what is to be disposed with the extension. */
export type Own = <T extends { dispose(): unknown }>(disposable: T) => T;

/** What everything else stands on: what is wanted, what is, and the service between them. */
export interface Core {
  readonly log: vscode.LogOutputChannel;
  /** Of the workspace. */
  readonly memory: Memory;
  readonly background: InBackground;
  readonly settings: Settings;
  readonly store: ForwardStore;
  readonly history: LogHistory;
  readonly podLogFeed: Emitter<PodLogParams>;
  readonly enabled: EnabledSet;
  readonly consents: Consents;
  readonly documents: ConfigDocuments;
  readonly problems: Problems;
  readonly supervisor: SidecarSupervisor;
  readonly sync: WorkspaceSync;
  readonly terminals: vscode.EnvironmentVariableCollection;
}

export function createCore(extension: vscode.ExtensionContext, own: Own): Core {
  const memory: Memory = extension.workspaceState;
  const log = own(vscode.window.createOutputChannel('Kftray', { log: true }));
  const background = inBackground(log);
  const settings = new Settings();
  const store = new ForwardStore();
  const history = new LogHistory();
  const podLogFeed = new Emitter<PodLogParams>();
  const enabled = new EnabledSet(memory, settings.restoreOnReload);
  const consents = new Consents(memory);
  const documents = own(new ConfigDocuments(extension.globalStorageUri, log));
  const problems = own(new Problems());

  // Each needs the other: a service that starts is told what is wanted, and what is wanted is told to the service.
  const applyOver = (connection: SidecarConnection): Promise<unknown> => sync.applyOver(connection);
  const supervisor = new SidecarSupervisor(sidecarSteps(extension, settings, log, { store, history, podLogs: podLogFeed }, applyOver), new RestartPolicy(), log);
  const sync = new WorkspaceSync(
    { readDocuments: () => documents.read(), enabled: () => enabled.ids, consents: () => consents.paths, isTrusted: () => vscode.workspace.isTrusted, settings: () => settings.forSidecar },
    supervisor,
  );

  own(
    sync.onDidApply((result) => {
      problems.show(result.problems);
      store.arrange(result.ranges.map(({ id }) => id));
    }),
  );
  own(
    store.onDidRename(({ from, to }) => {
      background('Renaming a forward', () => enabled.rename(from, to));
    }),
  );
  own(
    log.onDidChangeLogLevel((level) => {
      background('Setting the log level', () => setLogLevel(supervisor, level));
    }),
  );
  return { log, memory, background, settings, store, history, podLogFeed, enabled, consents, documents, problems, supervisor, sync, terminals: extension.environmentVariableCollection };
}
