import * as vscode from 'vscode';
import { type LogHistory, mentions } from '../model/logHistory';
import { Throttle } from './throttle';

const scheme = 'kftray-log';
const refreshIntervalMs = 500;

/** The log of one forward as a read-only document that grows while it is open. */
export class ForwardLog implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly stale = new Map<string, vscode.Uri>();
  private readonly throttle = new Throttle(refreshIntervalMs, () => {
    this.refresh();
  });
  private readonly disposables: { dispose(): unknown }[];

  readonly onDidChange = this.changed.event;

  constructor(private readonly history: LogHistory) {
    this.disposables = [
      this.changed,
      this.throttle,
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      history.onDidAdd((line) => {
        for (const { uri } of vscode.workspace.textDocuments.filter((document) => document.uri.scheme === scheme && mentions(line, forwardIdOf(document.uri)))) {
          this.stale.set(uri.toString(), uri);
          this.throttle.request();
        }
      }),
    ];
  }

  async show(forwardId: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${forwardId}.log`, query: forwardId });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, selection: new vscode.Range(document.lineCount, 0, document.lineCount, 0) });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.history.of(forwardIdOf(uri)) || vscode.l10n.t('Nothing has been logged about this port forward yet.');
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private refresh(): void {
    const uris = [...this.stale.values()];
    this.stale.clear();
    uris.forEach((uri) => {
      this.changed.fire(uri);
    });
  }
}

function forwardIdOf(uri: vscode.Uri): string {
  return uri.query;
}
