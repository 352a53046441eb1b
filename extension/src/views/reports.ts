import * as vscode from 'vscode';

const scheme = 'kftray-report';

/** The doctor's reports, as documents that exist in this window only and are shown as rendered Markdown. */
export class Reports implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(scheme, this);

  readonly onDidChange = this.changed.event;

  /** Shows the newest report of a forward; there is one document for each. */
  async show(forwardId: string, alias: string, markdown: string): Promise<void> {
    // The last part of the path is the tab's title, in which two forwards may look the same.
    const uri = vscode.Uri.from({ scheme, path: `/${alias.replaceAll('/', '-')}.md`, query: forwardId });
    this.texts.set(uri.toString(), markdown);
    this.changed.fire(uri);
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
