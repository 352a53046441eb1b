import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { type TreeNode } from '../../../extension/src/model/grouping';
import { Settings } from '../../../extension/src/settings';
import { ForwardsTree } from '../../../extension/src/views/forwardsTree';
import * as vscode from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const api = snapshot({ alias: 'shop/api', open: 'http' });
const web = snapshot({ alias: 'shop/web' });

let store: ForwardStore;
let tree: ForwardsTree;
let changes: (TreeNode[] | undefined)[];

beforeEach(() => {
  vi.useFakeTimers();
  vscode.settings.clear();
  store = new ForwardStore();
  tree = new ForwardsTree(store, new Settings());
  store.update({ snapshots: [api, web], removed: [] });
  show();
  vi.advanceTimersByTime(1000);
  changes = [];
  tree.onDidChangeTreeData((nodes) => changes.push(nodes));
});

afterEach(() => {
  tree.dispose();
  vi.useRealTimers();
});

/** Asks for every row, as the editor does. */
function show(): vscode.TreeItem[] {
  const visit = (nodes: TreeNode[]): vscode.TreeItem[] => nodes.flatMap((node) => [tree.getTreeItem(node) as unknown as vscode.TreeItem, ...visit(tree.getChildren(node))]);
  return visit(tree.getChildren());
}

it('Tree_Rows_HaveStableIdsAndTheirPresentation', () => {
  expect(show().map(({ id, label, description, contextValue }) => [id, label, description, contextValue])).toEqual([
    ['g:shop-web:shop', 'shop', '0/2', 'group'],
    ['f:shop-web/shop/api', 'api', ':8080 → svc/api:8000', 'forward;stopped;tcp;http;port;kubectl'],
    ['f:shop-web/shop/web', 'web', ':8080 → svc/api:8000', 'forward;stopped;tcp;port;kubectl'],
  ]);
});

it('Tree_AnotherState_RefreshesTheRowAndItsGroupOnly', () => {
  store.update({ snapshots: [{ ...api, status: 'active' }], removed: [] });
  expect(changes.map((nodes) => nodes?.map(({ id }) => id))).toEqual([['g:shop-web:shop', 'f:shop-web/shop/api']]);
});

it('Tree_TrafficOnly_RefreshesNothing', () => {
  store.update({ snapshots: [{ ...api, traffic: { ...api.traffic, bytesIn: 5 } }], removed: [] });
  expect(changes).toEqual([]);
});

it('Tree_TrafficOnARowWhoseTooltipWasRead_RefreshesItAfterAWhile', () => {
  const node = tree.nodeOf(api.id)!;
  tree.resolveTreeItem(tree.getTreeItem(node), node);
  store.update({ snapshots: [{ ...api, traffic: { ...api.traffic, bytesIn: 5 } }], removed: [] });
  expect(changes).toEqual([]);
  vi.advanceTimersByTime(10_000);
  store.update({ snapshots: [{ ...api, traffic: { ...api.traffic, bytesIn: 6 } }], removed: [] });
  expect(changes.map((nodes) => nodes?.map(({ id }) => id))).toEqual([['f:shop-web/shop/api']]);
});

it('Tree_CountingDown_RefreshesItsRowEachSecond', () => {
  store.update({ snapshots: [{ ...api, status: 'reconnecting', waitingFor: 'time', nextAttemptAt: new Date(Date.now() + 3000).toISOString() }], removed: [] });
  show();
  changes.length = 0;
  for (let second = 1; second <= 6; second++) {
    vi.advanceTimersByTime(1000);
    show();
  }
  expect(changes).toHaveLength(3);
  expect(changes.flat().map((node) => node?.id)).toEqual(Array(3).fill('f:shop-web/shop/api'));
});

it('Tree_TrafficOnRows_ChangesEveryTwoSecondsAtMost', () => {
  vscode.changeSetting('kftray.traffic.showInTree', true);
  const grow = (bytesIn: number) => {
    store.update({ snapshots: [{ ...api, status: 'active', traffic: { ...api.traffic, bytesIn, totalConnections: 1 } }], removed: [] });
    vi.advanceTimersByTime(500);
    return show()[1]!.description;
  };
  const seen = Array.from({ length: 8 }, (_, index) => grow(index + 1));
  expect(new Set(seen).size).toBeLessThanOrEqual(3);
  expect(seen.at(-1)).toMatch(/· ↓ \d B {2}↑ 0 B$/);
});

it('Tree_ManyChanges_AreCoalescedTo250ms', () => {
  for (let attempt = 1; attempt <= 20; attempt++) {
    store.update({ snapshots: [{ ...api, status: attempt % 2 === 0 ? 'active' : 'starting' }], removed: [] });
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(1000);
  expect(changes).toHaveLength(2);
  expect(show()[1]!.contextValue).toBe('forward;active;tcp;http;port;kubectl');
});

it('Tree_NewForward_RebuildsTheTree', () => {
  store.update({ snapshots: [snapshot({ alias: 'db' })], removed: [] });
  expect(changes).toEqual([undefined]);
  expect(show().map(({ label }) => label)).toEqual(['shop', 'api', 'web', 'db']);
});

it('Tree_AnotherGrouping_RebuildsTheTree', () => {
  vscode.changeSetting('kftray.view.groupBy', 'none');
  expect(show().map(({ label }) => label)).toEqual(['shop/api', 'shop/web']);
});

it('Tree_GroupedByContext_IsRebuiltOnlyWhenARowMoves', () => {
  vscode.changeSetting('kftray.view.groupBy', 'context');
  vi.advanceTimersByTime(1000);
  show();
  changes.length = 0;
  store.update({ snapshots: [{ ...api, status: 'starting' }], removed: [] });
  vi.advanceTimersByTime(1000);
  expect(changes.map((nodes) => nodes?.map(({ id }) => id))).toEqual([['f:shop-web/shop/api']]);
  store.update({ snapshots: [{ ...api, status: 'active', context: 'kind' }], removed: [] });
  expect(changes.at(-1)).toBeUndefined();
  expect(show().map(({ label }) => label)).toEqual(['kind', 'shop/api', 'shop/web']);
});

it('Tree_OtherSettings_RedrawNothing', () => {
  vscode.changeSetting('kftray.notifications', 'none');
  vi.advanceTimersByTime(1000);
  expect(changes).toEqual([]);
});

it('Tree_CountingDownWhileHidden_WaitsUntilItIsShown', () => {
  tree.setShown(false);
  store.update({ snapshots: [{ ...api, status: 'reconnecting', waitingFor: 'time', nextAttemptAt: new Date(Date.now() + 60_000).toISOString() }], removed: [] });
  vi.advanceTimersByTime(1000);
  show();
  changes.length = 0;
  vi.advanceTimersByTime(5000);
  expect(changes).toEqual([]);
  tree.setShown(true);
  expect(changes).toHaveLength(1);
});

it('Tree_Tooltip_IsResolvedWithTheFiguresOfTheMoment', () => {
  const node = tree.nodeOf(api.id)!;
  const item = tree.resolveTreeItem(tree.getTreeItem(node), node) as unknown as vscode.TreeItem;
  expect(item.tooltip!.value).toContain('.vscode/kftray');
  expect(item.tooltip!.isTrusted!.enabledCommands).toContain('kftray.openInBrowser');
});

it('Tree_Parents_LeadToTheRoot', () => {
  const node = tree.nodeOf(api.id)!;
  expect(tree.getParent(node)?.id).toBe('g:shop-web:shop');
  expect(tree.getParent(tree.getParent(node)!)).toBeUndefined();
});
