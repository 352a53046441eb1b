import * as vscode from 'vscode';
import { type Manifest } from './commands/context';
import { registerCommands } from './commands/index';
import { createCore, type Own } from './core';
import { registerFeatures } from './features';
import { type SidecarSupervisor } from './sidecar/supervisor';
import { FailureNotice } from './views/failureNotice';
import { ForwardsTree } from './views/forwardsTree';
import { IgnoreNotice } from './views/ignoreNotice';
import { KubeconfigProbe } from './views/kubeconfigProbe';
import { Overview } from './views/overview';
import { Reports } from './views/reports';
import { ServiceNotice } from './views/serviceNotice';
import { AutoStart } from './workspace/autoStart';
import { WorkspaceLoader } from './workspace/workspaceLoader';

let supervisor: SidecarSupervisor | undefined;

/** The composition root: makes everything, and says who listens to whom. */
export function activate(extension: vscode.ExtensionContext): void {
  const own: Own = (disposable) => (extension.subscriptions.push(disposable), disposable);
  const core = createCore(extension, own);
  const { store, settings, memory, sync, enabled, documents, problems, background, log } = core;
  supervisor = core.supervisor;
  const service = core.supervisor;

  const tree = own(new ForwardsTree(store, settings));
  const view = own(vscode.window.createTreeView('kftray.forwards', { treeDataProvider: tree, canSelectMany: true, showCollapseAll: true }));
  tree.setShown(view.visible);
  own(view.onDidChangeVisibility(({ visible }) => { tree.setShown(visible); }));
  const autoStart = own(new AutoStart(store, enabled, settings, memory, (ids) => enabled.add(ids).then(() => sync.apply())));
  own(store.onDidChangeState(() => { background('Starting forwards automatically', () => autoStart.consider()); }));

  const loader = own(new WorkspaceLoader(documents, sync, settings, background));
  const emptiness = { onDidLoad: loader.onDidLoad, isEmpty: () => loader.isLoaded && store.all.length === 0 && sync.ranges.length === 0 };
  const probe = own(new KubeconfigProbe({ supervisor: service, settings }, view, emptiness, background));
  const overview = own(new Overview(view, store, settings, { service: () => service.status, isRead: () => loader.isLoaded, errorCount: () => problems.errorCount, isKubeconfigMissing: () => probe.isMissing }));
  [loader.onDidLoad, probe.onDidChange, store.onDidChangeState, service.onDidChangeStatus, sync.onDidApply, settings.onDidChange, vscode.workspace.onDidGrantWorkspaceTrust].forEach((event) => own(event(() => { overview.update(); })));

  const features = registerFeatures(core, own);
  const notices = { failures: new FailureNotice(store, settings), serviceNotice: own(new ServiceNotice(service, log)), ignoreNotice: new IgnoreNotice(), reports: own(new Reports()) };
  own(registerCommands({ ...core, ...features, ...notices, tree, view, autoStart, manifest: extension.extension.packageJSON as Manifest }));
}

/** The editor waits for this: forwards are down and what they created in clusters is gone before the window is. */
export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
