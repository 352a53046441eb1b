import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { buildTree, forwardIds, type ForwardNode, type TreeNode } from '../model/grouping';
import { presentRow, secondsToNextAttempt } from '../model/presentation';
import { groupDescription, groupSentence, summarize, type Summary } from '../model/summary';
import { forwardTooltip, tooltipCommands, trafficText } from '../model/tooltip';
import { type Settings } from '../settings';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { Throttle } from './throttle';

/** Frequent refreshes break the commands of rows: https://github.com/microsoft/vscode/issues/153982 */
const refreshIntervalMs = 250;
/**
 * The editor asks for a tooltip once per refresh, and a refresh takes it away. A row whose tooltip is older than this is refreshed with its next
 * change; until then figures leave it alone, because somebody is reading.
 */
const tooltipAgeMs = 10_000;
/** How often a row that counts down, and one that shows its traffic, may change. */
const countdownMs = 1000;
const trafficAgeMs = 2000;

/** The rows. It shows what the store holds and asks the editor to redraw only rows that look different. */
export class ForwardsTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private roots: readonly TreeNode[] = [];
  private nodes = new Map<string, TreeNode>();
  private parents = new Map<string, TreeNode>();
  /** How each row looked when it was last handed out, by node id. */
  private readonly shown = new Map<string, string>();
  private readonly tooltipsReadAt = new Map<string, number>();
  private readonly trafficTexts = new Map<string, { readonly at: number; readonly text: string }>();
  private countdown: NodeJS.Timeout | undefined;
  /** Which rows there are and where, as the editor knows it. */
  private shape = '';
  private isShown = true;
  private readonly changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  private readonly throttle = new Throttle(refreshIntervalMs, () => {
    this.refresh();
  });
  private readonly disposables: { dispose(): void }[];

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
  ) {
    this.disposables = [
      this.changed,
      this.throttle,
      store.onDidChange(() => {
        // Where no row shows a figure, only a tooltip can be out of date by them.
        if (this.isShown && (this.tooltipsReadAt.size > 0 || settings.showTrafficInTree)) {
          this.throttle.request();
        }
      }),
      store.onDidChangeState(() => {
        this.throttle.request();
      }),
      settings.onDidChange(() => {
        this.throttle.request();
      }),
    ];
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (!node) {
      if (this.shape === '') {
        this.rebuild();
      }
      return [...this.roots];
    }
    return node.kind === 'forward' ? [] : [...node.children];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.parents.get(node.id);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    this.shown.set(node.id, this.appearance(node));
    return node.kind === 'forward' ? this.forwardItem(node) : this.groupItem(node);
  }

  resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
    const snapshot = node.kind === 'forward' ? this.store.get(node.forwardId) : undefined;
    if (snapshot) {
      item.tooltip = tooltipOf(snapshot, this.store.isCurrent(snapshot.id));
      this.tooltipsReadAt.set(node.id, Date.now());
    }
    return item;
  }

  /** Whether anybody can see the rows: figures are not drawn for nobody. */
  setShown(isShown: boolean): void {
    this.isShown = isShown;
    this.throttle.request();
  }

  /** The row of a forward, to reveal it. */
  nodeOf(forwardId: string): TreeNode | undefined {
    const id = `f:${forwardId}`;
    if (!this.nodes.has(id)) {
      // The store may have heard of it since the last redraw.
      this.refresh();
    }
    return this.nodes.get(id);
  }

  dispose(): void {
    clearTimeout(this.countdown);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private refresh(): void {
    this.countDown();
    if (this.rebuild()) {
      this.changed.fire(undefined);
      return;
    }
    const now = Date.now();
    const stale = [...this.nodes.values()].filter((node) => {
      const readAt = this.tooltipsReadAt.get(node.id);
      return this.shown.has(node.id) && (this.shown.get(node.id) !== this.appearance(node) || (readAt !== undefined && now - readAt >= tooltipAgeMs));
    });
    if (stale.length > 0) {
      stale.forEach(({ id }) => this.tooltipsReadAt.delete(id));
      this.changed.fire(stale);
    }
  }

  /** Looks again in a second while a row says when the next attempt is. */
  private countDown(): void {
    clearTimeout(this.countdown);
    const now = Date.now();
    if (this.isShown && this.store.all.some((snapshot) => secondsToNextAttempt(snapshot, now) > 0)) {
      this.countdown = setTimeout(() => {
        this.throttle.request();
      }, countdownMs);
    }
  }

  /** @returns False when every row is where it was: drawing all of them anew would only disturb. */
  private rebuild(): boolean {
    const roots = buildTree(this.store.all, this.settings.groupBy, vscode.l10n.t('User'));
    const shape = JSON.stringify(roots);
    if (shape === this.shape) {
      return false;
    }
    this.shape = shape;
    this.roots = roots;
    this.nodes = new Map();
    this.parents = new Map();
    this.shown.clear();
    this.tooltipsReadAt.clear();
    const visit = (node: TreeNode, parent: TreeNode | undefined): void => {
      this.nodes.set(node.id, node);
      if (parent) {
        this.parents.set(node.id, parent);
      }
      if (node.kind !== 'forward') {
        node.children.forEach((child) => {
          visit(child, node);
        });
      }
    };
    this.roots.forEach((root) => {
      visit(root, undefined);
    });
    return true;
  }

  private appearance(node: TreeNode): string {
    return node.kind === 'forward' ? JSON.stringify(this.present(node)) : groupDescription(this.summaryOf(node), vscode.l10n.t);
  }

  private present(node: ForwardNode): ReturnType<typeof presentRow> | undefined {
    const snapshot = this.store.get(node.forwardId);
    if (!snapshot) {
      return undefined;
    }
    const now = Date.now();
    const traffic = this.settings.showTrafficInTree ? this.trafficText(snapshot, now) : undefined;
    return presentRow(snapshot, this.store.isCurrent(snapshot.id), node.label, vscode.l10n.t, { now, ...(traffic === undefined ? {} : { traffic }) });
  }

  /** The figures change twice a second; the row follows more slowly. */
  private trafficText({ id, status, traffic }: ForwardSnapshot, now: number): string | undefined {
    if (status !== 'active' || traffic.totalConnections === 0) {
      return undefined;
    }
    const last = this.trafficTexts.get(id);
    const readAt = this.tooltipsReadAt.get(`f:${id}`);
    if (last && (now - last.at < trafficAgeMs || (readAt !== undefined && now - readAt < tooltipAgeMs))) {
      return last.text;
    }
    const text = trafficText(traffic);
    this.trafficTexts.set(id, { at: now, text });
    return text;
  }

  private forwardItem(node: ForwardNode): vscode.TreeItem {
    const item = new vscode.TreeItem(node.label);
    item.id = node.id;
    const row = this.present(node);
    if (row) {
      item.description = row.description;
      item.iconPath = new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
      item.contextValue = row.contextValue;
      item.accessibilityInformation = { label: row.accessibilityLabel };
    }
    return item;
  }

  private groupItem(node: Exclude<TreeNode, ForwardNode>): vscode.TreeItem {
    const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = node.id;
    const summary = this.summaryOf(node);
    item.description = groupDescription(summary, vscode.l10n.t);
    item.contextValue = node.kind;
    item.accessibilityInformation = { label: groupSentence(node.label, summary, vscode.l10n.t) };
    return item;
  }

  private summaryOf(node: TreeNode): Summary {
    const all = this.store.withIds(forwardIds(node));
    return summarize({ all, isCurrent: (id) => this.store.isCurrent(id) }, Date.now());
  }
}

/** All that is known of a forward, with the figures of the moment. */
export function tooltipOf(snapshot: ForwardSnapshot, current: boolean): vscode.MarkdownString {
  const around = {
    current,
    now: Date.now(),
    documentName: vscode.workspace.asRelativePath(vscode.Uri.parse(snapshot.uri), false),
    ...(vscode.env.remoteName === undefined ? {} : { machine: hostname() }),
  };
  const tooltip = new vscode.MarkdownString(forwardTooltip(snapshot, around, vscode.l10n.t), true);
  tooltip.isTrusted = { enabledCommands: tooltipCommands };
  return tooltip;
}
