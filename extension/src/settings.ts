import * as vscode from 'vscode';
import { type GroupBy } from './model/grouping';
import { type SidecarSettings } from './sidecar/protocol.generated';

const section = 'kftray';

/** The only reader of settings. Every property reads the value of the moment. */
export class Settings {
  readonly onDidChange: vscode.Event<void> = (listener, thisArgs, disposables) =>
    vscode.workspace.onDidChangeConfiguration(
      (event) => {
        if (event.affectsConfiguration(section)) {
          listener.call(thisArgs);
        }
      },
      undefined,
      disposables,
    );

  /** What the sidecar is told with every apply. */
  get forSidecar(): SidecarSettings {
    const { defaultContext, defaultNamespace } = this;
    return {
      kubeconfig: this.kubeconfig,
      ...(defaultContext === '' ? {} : { defaultContext }),
      ...(defaultNamespace === '' ? {} : { defaultNamespace }),
      localAddress: this.read('localAddress', '127.0.0.1'),
      allowNonLoopback: this.read('allowNonLoopback', false),
      reconnectMaxDelaySeconds: this.read('reconnect.maxDelay', 30),
      maxSessionsPerPod: this.read('maxSessionsPerPod', 8),
      relay: this.read('relay', {}),
      nextFreeLocalPort: this.localPortOnConflict === 'nextFree',
    };
  }

  /** Empty: `$KUBECONFIG`, else `~/.kube/config`. */
  get kubeconfig(): readonly string[] {
    return this.read<readonly string[]>('kubeconfig', []);
  }

  /** Empty: the current context. */
  get defaultContext(): string {
    return this.read('defaultContext', '');
  }

  /** Empty: the namespace of the context. */
  get defaultNamespace(): string {
    return this.read('defaultNamespace', '');
  }

  get localPortOnConflict(): 'ask' | 'nextFree' | 'fail' {
    return this.read('localPort.onConflict', 'ask');
  }

  get autoStart(): 'prompt' | 'never' | 'always' {
    return this.read('autoStart', 'prompt');
  }

  get restoreOnReload(): boolean {
    return this.read('restoreOnReload', true);
  }

  get groupBy(): GroupBy {
    return this.read<GroupBy>('view.groupBy', 'alias');
  }

  get showTrafficInTree(): boolean {
    return this.read('traffic.showInTree', false);
  }

  get statusBarVisibility(): 'auto' | 'always' | 'never' {
    return this.read('statusBar.visibility', 'auto');
  }

  get highlightProblems(): boolean {
    return this.read('statusBar.highlightProblems', true);
  }

  get notifications(): 'problems' | 'none' {
    return this.read('notifications', 'problems');
  }

  /** How long a forward may be without a target before somebody is told. 0: nobody ever is. */
  get disconnectedAfterMs(): number {
    return this.read('notifications.disconnectedAfter', 60) * 1000;
  }

  /** Whether terminals, tasks and debug sessions get the addresses of forwards as variables. */
  get environmentVariables(): boolean {
    return this.read('environmentVariables', true);
  }

  get trace(): 'off' | 'messages' | 'verbose' {
    return this.read('trace.server', 'off');
  }

  isCodeLensEnabled(document: vscode.Uri): boolean {
    return this.read('codeLens.enabled', true, document);
  }

  /** Empty: the packaged one. */
  get sidecarPath(): string {
    return this.read('sidecar.path', '');
  }

  /** Those of the named settings that somebody set, by the name after `kftray.`. */
  changed(names: readonly string[]): Readonly<Record<string, unknown>> {
    const configuration = vscode.workspace.getConfiguration();
    return Object.fromEntries(
      names.flatMap((name) => {
        const { globalValue, workspaceValue, workspaceFolderValue } = configuration.inspect(name) ?? {};
        const value = workspaceFolderValue ?? workspaceValue ?? globalValue;
        return value === undefined ? [] : [[name.slice(section.length + 1), value]];
      }),
    );
  }

  setDefaultContext(name: string): Thenable<void> {
    return this.write('defaultContext', name === '' ? undefined : name, workspaceTarget());
  }

  setKubeconfig(paths: readonly string[]): Thenable<void> {
    return this.write('kubeconfig', paths, vscode.ConfigurationTarget.Global);
  }

  setGroupBy(value: GroupBy): Thenable<void> {
    return this.write('view.groupBy', value, workspaceTarget());
  }

  /** Never again tell of forwards that are disconnected. */
  muteDisconnections(): Thenable<void> {
    return this.write('notifications.disconnectedAfter', 0, vscode.ConfigurationTarget.Global);
  }

  private write(name: string, value: unknown, target: vscode.ConfigurationTarget): Thenable<void> {
    return vscode.workspace.getConfiguration(section).update(name, value, target);
  }

  private read<T>(name: string, fallback: T, scope?: vscode.Uri): T {
    return vscode.workspace.getConfiguration(section, scope).get<T>(name, fallback);
  }
}

/** What is chosen for a project belongs to it; without one, to the user. */
function workspaceTarget(): vscode.ConfigurationTarget {
  return vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
}
