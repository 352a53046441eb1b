import * as vscode from 'vscode';
import { userSource } from '../model/grouping';
import { type ConfigDocument, type DocumentKind } from '../sidecar/protocol.generated';
import { notifyWarning } from '../views/notify';
import { SessionDocuments, sessionConfigUri } from './sessionDocuments';
import { sourceNames } from './sourceNames';

/** Names inside a workspace folder. */
export const sharedConfigPath = '.vscode/kftray.json';
export const localConfigPath = '.vscode/kftray.local.json';
const userConfigName = 'forwards.json';

/** Editors write a file in several steps: what happens within this time is one change, in milliseconds. */
const settleMs = 100;

interface Place {
  readonly uri: vscode.Uri;
  readonly folder: string;
  readonly kind: DocumentKind;
}

/**
 * The config documents: finds them, reads them, tells when they change. What is applied is what is saved, so that half a sentence
 * being typed stops nothing. The sidecar gets content and never a path, so that this also works where the workspace is not a disk.
 */
export class ConfigDocuments implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly session = new SessionDocuments();
  private readonly disposables: vscode.Disposable[] = [this.changed, this.session];
  private watchers: vscode.Disposable[] = [];
  private settling: NodeJS.Timeout | undefined;
  private readonly lastRead = new Map<string, ConfigDocument>();
  private readonly unreadable = new Set<string>();

  readonly onDidChange = this.changed.event;
  readonly userConfigUri: vscode.Uri;

  constructor(
    private readonly globalStorage: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.userConfigUri = vscode.Uri.joinPath(globalStorage, userConfigName);
    this.disposables.push(
      this.session.onDidChangeFile(() => {
        this.settle();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.watch();
        this.settle();
      }),
    );
  }

  /** The shared document of a folder, whether or not it exists. */
  sharedConfigUri(folder: vscode.WorkspaceFolder): vscode.Uri {
    return vscode.Uri.joinPath(folder.uri, sharedConfigPath);
  }

  /** What one person changes of the shared document of a folder. */
  localConfigUri(folder: vscode.WorkspaceFolder): vscode.Uri {
    return vscode.Uri.joinPath(folder.uri, localConfigPath);
  }

  /** What kind of config document this is; undefined for every other document. */
  kindOf(uri: vscode.Uri): DocumentKind | undefined {
    const text = uri.toString();
    return this.places().find((place) => place.uri.toString() === text)?.kind;
  }

  /** Reads every document that exists, in the order of the folders, the user's own last. */
  async read(): Promise<readonly ConfigDocument[]> {
    if (this.watchers.length === 0) {
      // Before the first read, so that no change is missed, and no earlier: it takes the editor some time.
      this.watch();
    }
    const documents = await Promise.all(this.places().map(async (place) => this.readOne(place)));
    return documents.filter((document) => document !== undefined);
  }

  dispose(): void {
    clearTimeout(this.settling);
    vscode.Disposable.from(...this.disposables, ...this.watchers).dispose();
  }

  private places(): readonly Place[] {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const names = sourceNames(folders.map(({ name, uri }) => ({ name, path: uri.path })));
    return [
      ...folders.flatMap((folder, index): Place[] => {
        const source = names[index] ?? folder.name;
        return [
          { uri: this.sharedConfigUri(folder), folder: source, kind: 'shared' },
          { uri: this.localConfigUri(folder), folder: source, kind: 'local' },
        ];
      }),
      { uri: this.userConfigUri, folder: userSource, kind: 'user' },
      { uri: sessionConfigUri, folder: userSource, kind: 'session' },
    ];
  }

  private async readOne({ uri, folder, kind }: Place): Promise<ConfigDocument | undefined> {
    const name = uri.toString();
    try {
      const bytes = await vscode.workspace.fs.readFile(uri);
      const document = { uri: name, folder, kind, text: new TextDecoder().decode(bytes) };
      this.unreadable.delete(name);
      this.lastRead.set(name, document);
      return document;
    } catch (error) {
      if (isAbsent(error)) {
        this.unreadable.delete(name);
        this.lastRead.delete(name);
        return undefined;
      }
      this.tellUnreadable(uri, error);
      // Its forwards are not gone because a disk or a network is, for now.
      return this.lastRead.get(name);
    }
  }

  /** Once, until it could be read again. */
  private tellUnreadable(uri: vscode.Uri, error: unknown): void {
    const name = uri.toString();
    if (!this.unreadable.has(name)) {
      this.unreadable.add(name);
      this.log.warn(`${name} could not be read: ${String(error)}`);
      const file = vscode.workspace.asRelativePath(uri);
      void notifyWarning(this.lastRead.has(name) ? vscode.l10n.t('{0} could not be read. What it said before still applies.', file) : vscode.l10n.t('{0} could not be read.', file));
    }
  }

  private watch(): void {
    vscode.Disposable.from(...this.watchers).dispose();
    const patterns = [
      ...(vscode.workspace.workspaceFolders ?? []).map((folder) => new vscode.RelativePattern(folder, '.vscode/{kftray,kftray.local}.json')),
      new vscode.RelativePattern(this.globalStorage, userConfigName),
    ];
    this.watchers = patterns.flatMap((pattern) => {
      const watcher = vscode.workspace.createFileSystemWatcher(pattern);
      const settle = (): void => {
        this.settle();
      };
      return [watcher, watcher.onDidCreate(settle), watcher.onDidChange(settle), watcher.onDidDelete(settle)];
    });
  }

  private settle(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.changed.fire();
    }, settleMs);
  }
}

/** Not there, or below something that is no folder. */
function isAbsent(error: unknown): boolean {
  return error instanceof vscode.FileSystemError && (error.code === 'FileNotFound' || error.code === 'FileNotADirectory');
}
