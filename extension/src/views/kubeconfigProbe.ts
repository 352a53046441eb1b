import * as vscode from 'vscode';
import { type InBackground } from '../background';
import { browseCluster, type BrowseContext, faultOf } from '../commands/browse';

/**
 * Finds out, when the view is looked at and has nothing to show, whether there is a kubeconfig at all: an empty view that asks for a forward would
 * send somebody without one in circles.
 */
export class KubeconfigProbe implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private missing = false;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly context: BrowseContext,
    view: Pick<vscode.TreeView<unknown>, 'visible' | 'onDidChangeVisibility'>,
    workspace: { readonly onDidLoad: vscode.Event<void>; isEmpty(): boolean },
    background: InBackground,
  ) {
    const look = (): void => {
      if (view.visible && workspace.isEmpty() && vscode.workspace.isTrusted) {
        background('Looking for a kubeconfig', () => this.look());
      }
    };
    // That it is empty is known only once it was loaded; a change of settings, and trust, load it again.
    this.subscriptions = [this.changed, view.onDidChangeVisibility(look), workspace.onDidLoad(look)];
  }

  /** True when no kubeconfig was found. False until it is known. */
  get isMissing(): boolean {
    return this.missing;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async look(): Promise<void> {
    const missing = await browseCluster(this.context, {}).then(
      () => false,
      (error: unknown) => faultOf(error)?.kind === 'kubeconfigNotFound',
    );
    if (missing !== this.missing) {
      this.missing = missing;
      this.changed.fire();
    }
  }
}
