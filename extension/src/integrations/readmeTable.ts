import * as vscode from 'vscode';
import { type InBackground } from '../background';
import { type ForwardStore } from '../model/forwardStore';
import { beginMarker, endMarker, findSection, isStale, markdownTable, sectionText } from '../model/readme';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { Throttle } from '../views/throttle';
import { editDocument } from '../workspace/documentEdits';
import { workspaceSchemes } from '../workspace/workspaceSchemes';

const checkIntervalMs = 1000;
const readmeName = 'README.md';

/** Keeps the table of forwards in a folder's README in step with the folder's forwards: says when it is not, and mends it on request. */
export class ReadmeTable implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly problems = vscode.languages.createDiagnosticCollection('kftray-readme');
  private readonly throttle: Throttle;
  private readonly subscriptions: { dispose(): unknown }[];

  constructor(
    private readonly store: ForwardStore,
    isShared: (uri: vscode.Uri) => boolean,
    background: InBackground,
  ) {
    this.isShared = isShared;
    this.throttle = new Throttle(checkIntervalMs, () => {
      background('Checking the table in README.md', () => this.check());
    });
    const request = (): void => {
      this.throttle.request();
    };
    this.watch(request);
    this.subscriptions = [
      this.problems,
      this.throttle,
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.watch(request);
        this.problems.clear();
        request();
      }),
      store.onDidChangeState(({ structural }) => {
        if (structural || this.tables !== this.allTables()) {
          request();
        }
      }),
      vscode.languages.registerCodeActionsProvider(workspaceSchemes.map((scheme) => ({ scheme, pattern: `**/${readmeName}` })), this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    ];
  }

  private readonly isShared: (uri: vscode.Uri) => boolean;
  private tables = '';
  private watchers: vscode.Disposable[] = [];

  /** Rewrites the table between the markers; a README without markers gets them at its end. */
  async update(folder: vscode.WorkspaceFolder): Promise<void> {
    const table = this.tableOf(folder);
    await editDocument(readmeOf(folder), (text) => {
      const section = findSection(text);
      const content = sectionText(text, table);
      const addition = `${text === '' || text.endsWith('\n') ? '' : '\n'}\n${beginMarker}${content}${endMarker}\n`;
      return Promise.resolve([section ? { offset: section.start, length: section.end - section.start, content } : { offset: text.length, length: 0, content: addition }]);
    });
    await this.check();
  }

  provideCodeActions({ uri }: vscode.TextDocument, _: vscode.Range, { diagnostics }: vscode.CodeActionContext): vscode.CodeAction[] {
    return diagnostics
      .filter(({ source, code }) => source === 'kftray' && code === 'stale-readme')
      .map((diagnostic) => {
        const action = new vscode.CodeAction(vscode.l10n.t('Update the table of port forwards'), vscode.CodeActionKind.QuickFix);
        action.command = { command: 'kftray.updateReadme', title: action.title, arguments: [uri] };
        action.diagnostics = [diagnostic];
        action.isPreferred = true;
        return action;
      });
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, ...this.watchers).dispose();
  }

  /** The README of each folder and no other: an installation of packages writes hundreds. */
  private watch(request: () => void): void {
    vscode.Disposable.from(...this.watchers).dispose();
    this.watchers = (vscode.workspace.workspaceFolders ?? []).flatMap((folder) => {
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, readmeName));
      return [watcher, watcher.onDidChange(request), watcher.onDidCreate(request), watcher.onDidDelete(request)];
    });
  }

  private async check(): Promise<void> {
    this.tables = this.allTables();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const uri = readmeOf(folder);
      const text = await vscode.workspace.fs.readFile(uri).then(
        (bytes) => new TextDecoder().decode(bytes),
        () => '',
      );
      const section = findSection(text);
      this.problems.set(uri, section && isStale(text, section, this.tableOf(folder)) ? [stale(text, section.start)] : []);
    }
  }

  private allTables(): string {
    return (vscode.workspace.workspaceFolders ?? []).map((folder) => this.tableOf(folder)).join('\n');
  }

  /** Of what the team shares only: a README is for everybody. */
  private tableOf(folder: vscode.WorkspaceFolder): string {
    const isOfFolder = ({ uri }: ForwardSnapshot): boolean => this.isShared(vscode.Uri.parse(uri)) && uri.startsWith(`${folder.uri.toString()}/`);
    return markdownTable(this.store.all.filter(isOfFolder), vscode.l10n.t);
  }
}

function readmeOf(folder: vscode.WorkspaceFolder): vscode.Uri {
  return vscode.Uri.joinPath(folder.uri, readmeName);
}

function stale(text: string, offset: number): vscode.Diagnostic {
  const line = text.slice(0, offset).split('\n').length - 1;
  const diagnostic = new vscode.Diagnostic(new vscode.Range(line, 0, line, beginMarker.length), vscode.l10n.t('The table of port forwards no longer matches .vscode/kftray.json.'), vscode.DiagnosticSeverity.Warning);
  diagnostic.source = 'kftray';
  diagnostic.code = 'stale-readme';
  return diagnostic;
}
