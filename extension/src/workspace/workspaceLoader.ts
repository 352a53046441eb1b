import * as vscode from 'vscode';
import { type InBackground } from '../background';
import { type Settings } from '../settings';
import { type ConfigDocuments } from './configDocuments';
import { type WorkspaceSync } from './workspaceSync';

/** Decides when the workspace is applied: at the beginning if there is anything to apply, and whenever something it is made of changes. */
export class WorkspaceLoader implements vscode.Disposable {
  private readonly loaded = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[] = [this.loaded];
  private hasLoaded = false;

  /** The documents were looked for, and what was found is applied. */
  readonly onDidLoad = this.loaded.event;

  constructor(
    private readonly documents: ConfigDocuments,
    private readonly sync: WorkspaceSync,
    settings: Settings,
    background: InBackground,
  ) {
    const load = (): void => {
      background('Applying the workspace', () => this.load());
    };
    // In a turn of its own: the editor, and every other extension, waits for the one in which this is made.
    const first = setImmediate(load);
    this.disposables.push(
      new vscode.Disposable(() => {
        clearImmediate(first);
      }),
      documents.onDidChange(load),
      settings.onDidChange(load),
      vscode.workspace.onDidGrantWorkspaceTrust(load),
    );
  }

  get isLoaded(): boolean {
    return this.hasLoaded;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async load(): Promise<void> {
    // Without a document there is nothing for a sidecar to do, and after the last one went there is something to stop.
    try {
      if (this.sync.hasApplied || (await this.documents.read()).length > 0) {
        await this.sync.apply();
      }
    } finally {
      this.hasLoaded = true;
      this.loaded.fire();
    }
  }
}
