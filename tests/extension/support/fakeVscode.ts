import { FakeDocuments, type WorkspaceEdit } from './fakeDocuments';
import { FakeInput } from './fakeInput';
import { t } from './snapshots';

export { FileSystemError, Position, Range, WorkspaceEdit } from './fakeDocuments';

/** The few parts of the editor's API that views and commands touch when no window is there. Stands in for the module `vscode` in unit tests. */

export class EventEmitter<T> {
  private readonly listeners = new Set<(event: T) => void>();
  readonly event = (listener: (event: T) => void): Disposable => {
    this.listeners.add(listener);
    return new Disposable(() => this.listeners.delete(listener));
  };
  fire(event: T): void {
    this.listeners.forEach((listener) => {
      listener(event);
    });
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class Disposable {
  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => disposables.map((disposable) => disposable.dispose()));
  }
  constructor(private readonly callOnDispose: () => unknown) {}
  dispose(): void {
    this.callOnDispose();
  }
}

export class TreeItem {
  id?: string;
  description?: string;
  iconPath?: ThemeIcon;
  contextValue?: string;
  tooltip?: MarkdownString;
  accessibilityInformation?: { label: string };
  constructor(
    readonly label: string,
    readonly collapsibleState: number = TreeItemCollapsibleState.None,
  ) {}
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class MarkdownString {
  isTrusted?: { enabledCommands: readonly string[] };
  constructor(
    readonly value: string,
    readonly supportThemeIcons = false,
  ) {}
}

export class CancellationTokenSource {
  private readonly requested = new EventEmitter<undefined>();
  readonly token = { isCancellationRequested: false, onCancellationRequested: this.requested.event };
  cancel(): void {
    this.token.isCancellationRequested = true;
    this.requested.fire(undefined);
  }
  dispose(): void {
    this.requested.dispose();
  }
}

/** A terminal as far as what it shows: opened at once, with all that was written into it. */
export class ShownTerminal {
  text = '';
  constructor(private readonly pty: { open(): void; close(): void; onDidWrite: (listener: (text: string) => void) => unknown }) {
    pty.onDidWrite((text) => {
      this.text += text;
    });
  }
  private isOpen = false;
  show(): void {
    if (!this.isOpen) {
      this.isOpen = true;
      this.pty.open();
    }
  }
  close(): void {
    this.pty.close();
  }
}

/** What views have put on the screen, newest last, and the buttons that are pressed in it; tests empty it. */
export const shown: { messages: string[]; terminals: ShownTerminal[]; inputs: FakeInput[]; answers: string[]; progress: { title: string | undefined; cancel(): void }[] } = { messages: [], terminals: [], inputs: [], answers: [], progress: [] };

const tell = (message: string): Promise<string | undefined> => {
  shown.messages.push(message);
  return Promise.resolve(shown.answers.shift());
};

export const documents = new FakeDocuments();

export const window = {
  showErrorMessage: tell,
  showWarningMessage: tell,
  showInformationMessage: tell,
  /** The file that the next answer names. */
  showOpenDialog: () => Promise.resolve(shown.answers.slice(0, 1).map((name) => (shown.answers.shift(), Uri.parse(name)))),
  /** The row that the next answer names. */
  showQuickPick: <T extends { label: string }>(items: readonly T[]) => {
    const answer = shown.answers.shift();
    return Promise.resolve(items.find(({ label }) => label === answer));
  },
  /** Those in a notification are kept, to be cancelled. */
  withProgress: <T>(options: { title?: string; location: unknown }, task: (progress: unknown, token: unknown) => Promise<T>) => {
    const cancellation = new CancellationTokenSource();
    if (options.location === ProgressLocation.Notification) {
      shown.progress.push({ title: options.title, cancel: () => { cancellation.cancel(); } });
    }
    return task({}, cancellation.token);
  },
  showTextDocument: () => Promise.resolve(undefined),
  createQuickPick: () => new FakeInput(shown.inputs),
  createInputBox: () => new FakeInput(shown.inputs),
  createStatusBarItem: () => ({ show: () => undefined, hide: () => undefined, dispose: () => undefined }),
  createTerminal: ({ pty }: { pty: ConstructorParameters<typeof ShownTerminal>[0] }) => {
    const terminal = new ShownTerminal(pty);
    shown.terminals.push(terminal);
    return terminal;
  },
};

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };
export const QuickInputButtons = { Back: { id: 'back' } };
export const InputBoxValidationSeverity = { Info: 1, Warning: 2, Error: 3 };
export const ProgressLocation = { Notification: 15 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export class RelativePattern {
  constructor(
    readonly base: unknown,
    readonly pattern: string,
  ) {}
}

export const Uri = {
  joinPath: (base: { toString(): string }, ...parts: string[]) => Uri.parse([base.toString(), ...parts].join('/')),
  parse: (text: string) => ({ toString: () => text, path: new URL(text).pathname }),
  from: ({ scheme, path, query }: { scheme: string; path: string; query?: string }) => Uri.parse(`${scheme}:${path}${query === undefined ? '' : `?${query}`}`),
};
export const CodeActionKind = { QuickFix: 'quickfix' };
export class CodeAction {
  command?: { command: string; arguments?: unknown[] };
  constructor(
    readonly title: string,
    readonly kind: string,
  ) {}
}

/** What documents were said to have, newest last: the document, and the messages. Tests empty it. */
export const problems: string[][] = [];
export class Diagnostic {
  source?: string;
  code?: string;
  constructor(
    readonly range: unknown,
    readonly message: string,
    readonly severity: number,
  ) {}
}

/** What providers were registered for, newest last. */
export const selectors: unknown[] = [];
export const languages = {
  createDiagnosticCollection: () => ({
    set: (uri: { toString(): string }, found: readonly { message: string }[]) => problems.push([uri.toString(), ...found.map(({ message }) => message)]),
    dispose: () => undefined,
  }),
  registerCodeActionsProvider: (selector: unknown) => (selectors.push(selector), new Disposable(() => undefined)),
};

/** The commands that were run, newest last; tests empty it. */
export const executed: unknown[][] = [];
export const commands = { executeCommand: (...command: unknown[]) => Promise.resolve(void executed.push(command)) };

/** What agents were offered, by name. */
export const tools = new Map<string, unknown>();
export const lm = { registerTool: (name: string, tool: unknown) => (tools.set(name, tool), new Disposable(() => tools.delete(name))) };

export const env: { remoteName: string | undefined } = { remoteName: undefined };
export const l10n = { t };

/** Values of settings, by full name; tests set them. */
export const settings = new Map<string, unknown>();
const configurationChanged = new EventEmitter<{ affectsConfiguration(section: string): boolean }>();

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined as readonly { name: string; uri: unknown }[] | undefined,
  fs: documents.fs,
  openTextDocument: (uri: { toString(): string }) => documents.document(uri),
  applyEdit: (edit: WorkspaceEdit) => documents.apply(edit),
  getWorkspaceFolder: () => undefined,
  onDidChangeWorkspaceFolders: new EventEmitter<undefined>().event,
  registerTextDocumentContentProvider: () => new Disposable(() => undefined),
  registerFileSystemProvider: () => new Disposable(() => undefined),
  /** The patterns that are watched. */
  watched: [] as RelativePattern[],
  createFileSystemWatcher: (pattern: RelativePattern) => {
    workspace.watched.push(pattern);
    const never = new EventEmitter<undefined>().event;
    return Object.assign(new Disposable(() => workspace.watched.splice(workspace.watched.indexOf(pattern), 1)), { onDidChange: never, onDidCreate: never, onDidDelete: never });
  },
  onDidGrantWorkspaceTrust: new EventEmitter<undefined>().event,
  asRelativePath: (uri: { path: string }) => uri.path.split('/').slice(-2).join('/'),
  getConfiguration: (section: string) => ({ get: (name: string, fallback?: unknown) => settings.get(`${section}.${name}`) ?? fallback }),
  onDidChangeConfiguration: configurationChanged.event,
};

export function changeSetting(name: string, value: unknown): void {
  settings.set(name, value);
  configurationChanged.fire({ affectsConfiguration: (section) => name === section || name.startsWith(`${section}.`) });
}
