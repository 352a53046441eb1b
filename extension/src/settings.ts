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
    const defaultContext = this.read<string>('defaultContext', '');
    const defaultNamespace = this.read<string>('defaultNamespace', '');
    return {
      kubeconfig: this.kubeconfig,
      ...(defaultContext === '' ? {} : { defaultContext }),
      ...(defaultNamespace === '' ? {} : { defaultNamespace }),
      localAddress: this.read('localAddress', '127.0.0.1'),
      allowNonLoopback: this.read('allowNonLoopback', false),
      reconnectMaxDelaySeconds: this.read('reconnect.maxDelay', 30),
      maxSessionsPerPod: this.read('maxSessionsPerPod', 8),
      relay: this.read('relay', {}),
    };
  }

  /** Empty: `$KUBECONFIG`, else `~/.kube/config`. */
  get kubeconfig(): readonly string[] {
    return this.read<readonly string[]>('kubeconfig', []);
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

  get statusBarVisibility(): 'auto' | 'always' | 'never' {
    return this.read('statusBar.visibility', 'auto');
  }

  get highlightProblems(): boolean {
    return this.read('statusBar.highlightProblems', true);
  }

  get notifications(): 'problems' | 'none' {
    return this.read('notifications', 'problems');
  }

  /** Empty: the packaged one. */
  get sidecarPath(): string {
    return this.read('sidecar.path', '');
  }

  private read<T>(name: string, fallback: T): T {
    return vscode.workspace.getConfiguration(section).get<T>(name, fallback);
  }
}
