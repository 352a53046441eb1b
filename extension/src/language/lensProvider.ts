import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { forwardLenses } from '../model/lenses';
import { type Settings } from '../settings';
import { Throttle } from '../views/throttle';
import { toRange } from '../workspace/problems';
import { type WorkspaceSync } from '../workspace/workspaceSync';
import { liveRanges } from './liveRanges';

const refreshIntervalMs = 500;

/** Start and Stop above each definition, with its state. */
export class LensProvider implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** What was shown last, so that counters that go up redraw nothing. */
  private shown = '';
  private readonly throttle = new Throttle(refreshIntervalMs, () => {
    const titles = JSON.stringify(store(this.store));
    if (titles !== this.shown) {
      this.shown = titles;
      this.changed.fire();
    }
  });
  private readonly subscriptions: { dispose(): unknown }[];

  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(
    private readonly store: ForwardStore,
    private readonly sync: WorkspaceSync,
    private readonly settings: Settings,
  ) {
    const changed = (): void => {
      this.changed.fire();
    };
    this.subscriptions = [
      this.changed,
      this.throttle,
      store.onDidChangeState(() => {
        this.throttle.request();
      }),
      sync.onDidApply(changed),
      settings.onDidChange(changed),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!this.settings.isCodeLensEnabled(document.uri)) {
      return [];
    }
    const ranges = liveRanges(this.sync, this.store, document);
    const lenses = ranges.flatMap(({ id, range }) => {
      const snapshot = this.store.get(id);
      const line = toRange(range).with({ end: toRange(range).start });
      return snapshot ? forwardLenses(snapshot, this.store.isCurrent(id), vscode.l10n.t).map(({ title, command }) => new vscode.CodeLens(line, command ? { title, command, arguments: [id] } : { title, command: '' })) : [];
    });
    const startable = ranges.filter(({ id }) => this.store.get(id)?.status === 'stopped').map(({ id }) => id);
    return startable.length > 0 ? [startAll(document, startable), ...lenses] : lenses;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}

/** On the list of forwards, or on the first line of a bare array. */
function startAll(document: vscode.TextDocument, ids: readonly string[]): vscode.CodeLens {
  const at = document.positionAt(Math.max(0, document.getText().search(/"forwards"\s*:/)));
  return new vscode.CodeLens(new vscode.Range(at, at), { title: `$(run-all) ${vscode.l10n.t('Start All ({0})', ids.length)}`, command: 'kftray.start', arguments: [ids] });
}

function store(forwards: ForwardStore): string[][] {
  return forwards.all.map((snapshot) => forwardLenses(snapshot, forwards.isCurrent(snapshot.id), vscode.l10n.t).map(({ title }) => title));
}
