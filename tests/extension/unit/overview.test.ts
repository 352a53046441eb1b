import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { type TreeNode } from '../../../extension/src/model/grouping';
import { Settings } from '../../../extension/src/settings';
import { Overview } from '../../../extension/src/views/overview';
import { snapshot } from '../support/snapshots';

/** Counts what crosses to the window. */
class FakeView {
  message?: string;
  badges: unknown[] = [];
  set badge(value: unknown) {
    this.badges.push(value);
  }
}

const broken = snapshot({ alias: 'web', status: 'failed', fault: { kind: 'portInUse', message: 'In use.' } });
let view: FakeView;
let store: ForwardStore;
let errors: number;
let overview: Overview;

beforeEach(() => {
  vi.useFakeTimers();
  view = new FakeView();
  store = new ForwardStore();
  errors = 0;
  overview = new Overview(view as unknown as vscode.TreeView<TreeNode>, store, new Settings(), { service: () => 'ready', isRead: () => true, errorCount: () => errors, isKubeconfigMissing: () => false });
});

afterEach(() => {
  overview.dispose();
  vi.useRealTimers();
});

function update(...snapshots: ReturnType<typeof snapshot>[]): void {
  store.update({ snapshots, removed: [] });
  overview.update();
  vi.advanceTimersByTime(1000);
}

it('Overview_Badge_IsSentWhenItsNumberChanges', () => {
  update(broken);
  update(broken, snapshot({ alias: 'api', status: 'active' }));
  expect(view.badges).toMatchObject([{ value: 1 }]);
  update({ ...broken, status: 'active' });
  expect(view.badges).toMatchObject([{ value: 1 }, undefined]);
});

it('Overview_ProblemsAtTheFirstRead_PromiseNothingOfBefore', () => {
  errors = 2;
  update(snapshot());
  expect(view.message).toBe('The configuration has 2 problems.');
});

it('Overview_ProblemsAfterAValidRead_SayWhatApplies', () => {
  update(snapshot());
  errors = 1;
  update(snapshot());
  expect(view.message).toBe('The configuration has a problem. What was valid before still applies.');
});
