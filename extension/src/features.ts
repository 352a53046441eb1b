import * as vscode from 'vscode';
import { type Core, type Own } from './core';
import { ForwardEnvironment } from './integrations/environment';
import { ForwardTasks, taskType } from './integrations/forwardTasks';
import { ReadmeTable } from './integrations/readmeTable';
import { registerTools } from './integrations/tools';
import { registerLanguage } from './language/index';
import { ClusterTree } from './views/clusterTree';
import { ForwardLog } from './views/forwardLog';
import { OutageNotice } from './views/outageNotice';
import { PodLogs } from './views/podLogs';
import { PortNotice } from './views/portNotice';

/** Everything beside the tree of forwards. Each part is on its own: none knows another. */
export function registerFeatures(core: Core, own: Own): { clusters: ClusterTree; forwardLog: ForwardLog; podLogs: PodLogs; readme: ReadmeTable } {
  const { store, settings, sync, problems, documents, background } = core;
  const clusters = own(new ClusterTree(core));
  own(vscode.window.createTreeView('kftray.clusters', { treeDataProvider: clusters, showCollapseAll: true }));
  own(registerLanguage(core, store, sync, problems, background));
  own(vscode.tasks.registerTaskProvider(taskType, new ForwardTasks(core)));
  own(registerTools(core));
  own(new ForwardEnvironment(store, settings, core.terminals));
  own(new OutageNotice(store, settings));
  own(new PortNotice(store, settings, core.memory));
  return { clusters, forwardLog: own(new ForwardLog(core.history)), podLogs: new PodLogs(core.supervisor, core.podLogFeed), readme: own(new ReadmeTable(store, (uri) => documents.kindOf(uri) === 'shared', background)) };
}
