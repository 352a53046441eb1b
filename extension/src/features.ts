import * as vscode from 'vscode';
import { type InBackground } from './background';
import { ForwardEnvironment } from './integrations/environment';
import { ForwardTasks, taskType } from './integrations/forwardTasks';
import { ReadmeTable } from './integrations/readmeTable';
import { registerTools } from './integrations/tools';
import { registerLanguage } from './language/index';
import { type ForwardStore } from './model/forwardStore';
import { type LogHistory } from './model/logHistory';
import { type Settings } from './settings';
import { type SidecarSupervisor } from './sidecar/supervisor';
import { ClusterTree } from './views/clusterTree';
import { ForwardLog } from './views/forwardLog';
import { OutageNotice } from './views/outageNotice';
import { PortNotice } from './views/portNotice';
import { type ConfigDocuments } from './workspace/configDocuments';
import { type EnabledSet } from './workspace/enabledSet';
import { type Problems } from './workspace/problems';
import { type WorkspaceSync } from './workspace/workspaceSync';

/** What the features stand on. */
export interface Core {
  readonly store: ForwardStore;
  readonly settings: Settings;
  readonly supervisor: SidecarSupervisor;
  readonly sync: WorkspaceSync;
  readonly enabled: EnabledSet;
  readonly documents: ConfigDocuments;
  readonly problems: Problems;
  readonly history: LogHistory;
  readonly background: InBackground;
  readonly terminals: vscode.EnvironmentVariableCollection;
}

/** Everything beside the tree of forwards. Each part is on its own: none knows another. */
export function registerFeatures(core: Core, own: <T extends { dispose(): unknown }>(disposable: T) => T): { clusters: ClusterTree; forwardLog: ForwardLog; readme: ReadmeTable } {
  const { store, settings, sync, problems, documents, background } = core;
  const clusters = own(new ClusterTree(core));
  own(vscode.window.createTreeView('kftray.clusters', { treeDataProvider: clusters, showCollapseAll: true }));
  own(registerLanguage(core, store, sync, problems, background));
  own(vscode.tasks.registerTaskProvider(taskType, new ForwardTasks(core)));
  own(registerTools(core));
  own(new ForwardEnvironment(store, settings, core.terminals));
  own(new OutageNotice(store, settings));
  own(new PortNotice(store, settings));
  return { clusters, forwardLog: own(new ForwardLog(core.history)), readme: own(new ReadmeTable(store, (uri) => documents.kindOf(uri) === 'shared', background)) };
}
