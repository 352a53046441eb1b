import * as vscode from 'vscode';

/** Where the forwards of this window are. The editor needs a file system for a document that can be saved. */
export const sessionScheme = 'kftray-session';
export const sessionConfigUri = vscode.Uri.from({ scheme: sessionScheme, path: '/kftray/session-forwards.json' });

/** The document of the forwards that last as long as the window, in memory only. */
export class SessionDocuments implements vscode.FileSystemProvider, vscode.Disposable {
  private content: Uint8Array | undefined;
  private createdAt = 0;
  private changedAt = 0;
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();

  readonly onDidChangeFile = this.changed.event;

  // Last: the editor subscribes to the event at once.
  private readonly registration = vscode.workspace.registerFileSystemProvider(sessionScheme, this, { isCaseSensitive: true });

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    return { type: vscode.FileType.File, ctime: this.createdAt, mtime: this.changedAt, size: this.readFile(uri).length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    if (!this.content || uri.path !== sessionConfigUri.path) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    return this.content;
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    if (uri.path !== sessionConfigUri.path) {
      throw vscode.FileSystemError.NoPermissions(uri);
    }
    const type = this.content ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
    this.createdAt ||= Date.now();
    this.changedAt = Date.now();
    this.content = content;
    this.changed.fire([{ type, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    this.content = undefined;
    this.changed.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
