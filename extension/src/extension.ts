import * as vscode from 'vscode';
import { inBackground } from './background';
import { type Manifest } from './commands/context';
import { registerCommands } from './commands/index';
import { registerFeatures } from './features';
import { ForwardStore } from './model/forwardStore';
import { LogHistory } from './model/logHistory';
import { Settings } from './settings';
import { setLogLevel, sidecarSteps } from './sidecar/launch';
import { RestartPolicy } from './sidecar/restartPolicy';
import { SidecarSupervisor } from './sidecar/supervisor';
import { FailureNotice } from './views/failureNotice';
import { ForwardsTree } from './views/forwardsTree';
import { IgnoreNotice } from './views/ignoreNotice';
import { KubeconfigProbe } from './views/kubeconfigProbe';
import { Overview } from './views/overview';
import { Reports } from './views/reports';
import { ServiceNotice } from './views/serviceNotice';
import { AutoStart } from './workspace/autoStart';
import { ConfigDocuments } from './workspace/configDocuments';
import { Consents } from './workspace/consents';
import { EnabledSet } from './workspace/enabledSet';
import { Problems } from './workspace/problems';
import { WorkspaceLoader } from './workspace/workspaceLoader';
import { WorkspaceSync } from './workspace/workspaceSync';

let supervisor: SidecarSupervisor | undefined;

/** The composition root: makes everything, and says who listens to whom. */
export function activate(extension: vscode.ExtensionContext): void {
  const own = <T extends { dispose(): unknown }>(disposable: T): T => (extension.subscriptions.push(disposable), disposable);
  const log = own(vscode.window.createOutputChannel('Kftray', { log: true }));
  const background = inBackground(log);
  const settings = new Settings();
  const store = new ForwardStore();
  const history = new LogHistory();
  const enabled = new EnabledSet(extension.workspaceState, settings.restoreOnReload);
  const consents = new Consents(extension.workspaceState);
  const documents = own(new ConfigDocuments(extension.globalStorageUri, log));
  const problems = own(new Problems());
  const steps = sidecarSteps(extension, settings, log, { store, history }, (connection): Promise<unknown> => sync.applyOver(connection));
  const service = (supervisor = new SidecarSupervisor(steps, new RestartPolicy(), log));
  const sync = new WorkspaceSync({ readDocuments: () => documents.read(), enabled: () => enabled.ids, consents: () => consents.paths, isTrusted: () => vscode.workspace.isTrusted, settings: () => settings.forSidecar }, service);

  const tree = own(new ForwardsTree(store, settings));
  const view = own(vscode.window.createTreeView('kftray.forwards', { treeDataProvider: tree, canSelectMany: true, showCollapseAll: true }));
  const autoStart = new AutoStart(store, enabled, settings, extension.workspaceState, (ids) => enabled.add(ids).then(() => sync.apply()));
  own(sync.onDidApply((result) => {
    problems.show(result.problems);
    store.arrange(result.ranges.map(({ id }) => id));
  }));
  own(store.onDidRename(({ from, to }) => { background('Renaming a forward', () => enabled.rename(from, to)); }));
  own(store.onDidChange(() => { background('Starting forwards automatically', () => autoStart.consider()); }));
  own(log.onDidChangeLogLevel((level) => { background('Setting the log level', () => setLogLevel(service, level)); }));

  const loader = own(new WorkspaceLoader(documents, sync, settings, background));
  const probe = own(new KubeconfigProbe({ supervisor: service, settings }, view, () => loader.isLoaded && store.all.length === 0, background));
  const overview = own(new Overview(view, store, settings, { service: () => service.status, isRead: () => loader.isLoaded, errorCount: () => problems.errorCount, isKubeconfigMissing: () => probe.isMissing }));
  [loader.onDidLoad, probe.onDidChange, store.onDidChange, service.onDidChangeStatus, sync.onDidApply, settings.onDidChange, vscode.workspace.onDidGrantWorkspaceTrust].forEach((event) => own(event(() => { overview.update(); })));

  const core = { store, settings, supervisor: service, sync, enabled, documents, problems, history, background, terminals: extension.environmentVariableCollection };
  const features = registerFeatures(core, own);
  const notices = { failures: new FailureNotice(store, settings), serviceNotice: own(new ServiceNotice(service, log)), ignoreNotice: new IgnoreNotice(), reports: own(new Reports()) };
  own(registerCommands({ ...core, ...features, ...notices, tree, view, consents, autoStart, log, manifest: extension.extension.packageJSON as Manifest }));
}

/** The editor waits for this: forwards are down and what they created in clusters is gone before the window is. */
export async function deactivate(): Promise<void> {
  await supervisor?.stop();
}
