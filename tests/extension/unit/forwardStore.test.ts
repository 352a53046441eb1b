import { expect, it } from 'vitest';
import { ForwardStore, type StoreChange } from '../../../extension/src/model/forwardStore';
import { snapshot } from '../support/snapshots';

const web = snapshot({ alias: 'web' });
const api = snapshot({ alias: 'api' });

function observed(store: ForwardStore): StoreChange[] {
  const changes: StoreChange[] = [];
  store.onDidChange((change) => changes.push(change));
  return changes;
}

it('Store_NewForwards_AreAStructuralChange', () => {
  const store = new ForwardStore();
  const changes = observed(store);
  store.update({ snapshots: [web, api], removed: [] });
  expect(changes).toEqual([{ ids: [web.id, api.id], structural: true }]);
  expect(store.all).toEqual([web, api]);
});

it('Store_AnotherState_IsNotStructural', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web], removed: [] });
  const changes = observed(store);
  store.update({ snapshots: [{ ...web, status: 'active' }], removed: [] });
  expect(changes).toEqual([{ ids: [web.id], structural: false }]);
  expect(store.get(web.id)?.status).toBe('active');
});

it('Store_Removed_AreGone', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  store.update({ snapshots: [], removed: [web.id] });
  expect(store.all).toEqual([api]);
});

it('Store_Arrange_OrdersByTheDocuments', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  const changes = observed(store);
  store.arrange([api.id, web.id]);
  expect(store.all.map(({ alias }) => alias)).toEqual(['api', 'web']);
  expect(changes).toEqual([{ ids: [], structural: true }]);
});

it('Store_ArrangeWithTheSameOrder_TellsNobody', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  const changes = observed(store);
  store.arrange([web.id, api.id]);
  expect(changes).toEqual([]);
});

it('Store_OrderKnownBeforeTheSnapshots_Holds', () => {
  const store = new ForwardStore();
  store.arrange([api.id, web.id]);
  store.update({ snapshots: [web, api], removed: [] });
  expect(store.all.map(({ alias }) => alias)).toEqual(['api', 'web']);
});

it('Store_Rename_ReplacesTheOldIdAndTells', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web], removed: [] });
  const renames: unknown[] = [];
  store.onDidRename((rename) => renames.push(rename));
  const renamed = snapshot({ alias: 'site', previousId: web.id });
  store.update({ snapshots: [renamed], removed: [web.id] });
  expect(renames).toEqual([{ from: web.id, to: renamed.id }]);
  expect(store.all).toEqual([renamed]);
});

it('Store_WhenTheSidecarIsGone_KeepsForwardsButNotAsCurrent', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web], removed: [] });
  store.expire();
  expect(store.all).toEqual([web]);
  expect(store.isCurrent(web.id)).toBe(false);
  store.update({ snapshots: [web], removed: [] });
  expect(store.isCurrent(web.id)).toBe(true);
});

it('Store_WhatTheSuccessorDoesNotKnow_IsDropped', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  store.expire();
  store.arrange([api.id]);
  expect(store.all).toEqual([api]);
});

it('Store_WhatTheLivingSidecarReported_SurvivesAnArrangeWithoutIt', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web], removed: [] });
  // A broken document: its forwards run on, and only `removed` may end them.
  store.arrange([]);
  expect(store.all).toEqual([web]);
});

it('Store_FiguresOnly_AreNoChangeOfState', () => {
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  const all = observed(store);
  const states: StoreChange[] = [];
  store.onDidChangeState((change) => states.push(change));
  store.update({ snapshots: [{ ...web, traffic: { ...web.traffic, bytesIn: 7 }, pingMilliseconds: 3 }], removed: [] });
  store.update({ snapshots: [{ ...web, traffic: { ...web.traffic, bytesIn: 8 } }, { ...api, status: 'active' }], removed: [] });
  expect(all).toHaveLength(2);
  expect(states).toEqual([{ ids: [api.id], structural: false }]);
});
