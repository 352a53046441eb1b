import * as vscode from 'vscode';
import { type GroupBy } from './model/grouping';
import { type SidecarSettings } from './sidecar/protocol.generated';

const section = 'kftray';

/**
 * The only reader of settings. Every property reads the value of the moment. The editor hands out what somebody wrote by hand, whatever its type:
 * what does not fit counts as the default, so that one slip does not keep the whole workspace from being applied.
 */
export class Settings {
  /** Any of them. */
  readonly onDidChange = changeOf(section);
  readonly onDidChangeKubeconfig = changeOf(`${section}.kubeconfig`);

  /** What the sidecar is told with every apply. */
  get forSidecar(): SidecarSettings {
    const { defaultContext, defaultNamespace } = this;
    return {
      kubeconfig: this.kubeconfig,
      ...(defaultContext === '' ? {} : { defaultContext }),
      ...(defaultNamespace === '' ? {} : { defaultNamespace }),
      localAddress: this.text('localAddress', '127.0.0.1'),
      allowNonLoopback: this.flag('allowNonLoopback', false),
      reconnectMaxDelaySeconds: this.number('reconnect.maxDelay', 30, { min: 1, max: 3600 }),
      maxSessionsPerPod: Math.round(this.number('maxSessionsPerPod', 8, { min: 1, max: 64 })),
      relay: this.object('relay'),
      nextFreeLocalPort: this.localPortOnConflict === 'nextFree',
    };
  }

  /** Empty: `$KUBECONFIG`, else `~/.kube/config`. */
  get kubeconfig(): readonly string[] {
    // One file is easily written as a text.
    const value = this.read('kubeconfig');
    return (Array.isArray(value) ? value : [value]).filter((path) => typeof path === 'string' && path !== '') as string[];
  }

  /** Empty: the current context. */
  get defaultContext(): string {
    return this.text('defaultContext', '');
  }

  /** Empty: the namespace of the context. */
  get defaultNamespace(): string {
    return this.text('defaultNamespace', '');
  }

  get localPortOnConflict(): 'ask' | 'nextFree' | 'fail' {
    return this.choice('localPort.onConflict', ['ask', 'nextFree', 'fail']);
  }

  get autoStart(): 'prompt' | 'never' | 'always' {
    return this.choice('autoStart', ['prompt', 'never', 'always']);
  }

  get restoreOnReload(): boolean {
    return this.flag('restoreOnReload', true);
  }

  get groupBy(): GroupBy {
    return this.choice('view.groupBy', ['alias', 'context', 'namespace', 'none']);
  }

  get showTrafficInTree(): boolean {
    return this.flag('traffic.showInTree', false);
  }

  get statusBarVisibility(): 'auto' | 'always' | 'never' {
    return this.choice('statusBar.visibility', ['auto', 'always', 'never']);
  }

  get highlightProblems(): boolean {
    return this.flag('statusBar.highlightProblems', true);
  }

  get notifications(): 'problems' | 'none' {
    return this.choice('notifications', ['problems', 'none']);
  }

  /** How long a forward may be without a target before somebody is told. 0: nobody ever is. */
  get disconnectedAfterMs(): number {
    return this.number('notifications.disconnectedAfter', 60, { min: 0, max: 86_400 }) * 1000;
  }

  /** Whether terminals, tasks and debug sessions get the addresses of forwards as variables. */
  get environmentVariables(): boolean {
    return this.flag('environmentVariables', true);
  }

  get trace(): 'off' | 'messages' | 'verbose' {
    return this.choice('trace.server', ['off', 'messages', 'verbose']);
  }

  isCodeLensEnabled(document: vscode.Uri): boolean {
    return this.flag('codeLens.enabled', true, document);
  }

  /** Empty: the packaged one. */
  get sidecarPath(): string {
    return this.text('sidecar.path', '');
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

  private text(name: string, fallback: string): string {
    const value = this.read(name);
    return typeof value === 'string' ? value : fallback;
  }

  private flag(name: string, fallback: boolean, scope?: vscode.Uri): boolean {
    const value = this.read(name, scope);
    return typeof value === 'boolean' ? value : fallback;
  }

  private number(name: string, fallback: number, { min, max }: { min: number; max: number }): number {
    const value = this.read(name);
    return typeof value === 'number' ? Math.min(max, Math.max(min, value)) : fallback;
  }

  private object(name: string): object {
    const value = this.read(name);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  }

  /** The first of the choices is the default. */
  private choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.read(name);
    return choices.find((choice) => choice === value) ?? choices[0];
  }

  private read(name: string, scope?: vscode.Uri): unknown {
    return vscode.workspace.getConfiguration(section, scope).get(name);
  }
}

/** Tells when a setting with this name, or in this section, changed. */
function changeOf(name: string): vscode.Event<void> {
  return (listener, thisArgs, disposables) =>
    vscode.workspace.onDidChangeConfiguration(
      (event) => {
        if (event.affectsConfiguration(name)) {
          listener.call(thisArgs);
        }
      },
      undefined,
      disposables,
    );
}

/** What is chosen for a project belongs to it; without one, to the user. */
function workspaceTarget(): vscode.ConfigurationTarget {
  return vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
}
