import { beforeEach, expect, it } from 'vitest';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { Settings } from '../../../extension/src/settings';
import { AutoStart } from '../../../extension/src/workspace/autoStart';
import { EnabledSet, type Memory } from '../../../extension/src/workspace/enabledSet';
import { settings, shown, workspace } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const web = snapshot({ id: 'web', alias: 'web', autoStart: true });
const api = snapshot({ id: 'api', alias: 'api', autoStart: true });
const allow = 'Allow in this workspace';

let store: ForwardStore;
let enabled: EnabledSet;
let autoStart: AutoStart;
let started: string[][];

beforeEach(() => {
  settings.clear();
  workspace.isTrusted = true;
  shown.messages = [];
  shown.answers = [];
  started = [];
  const values = new Map<string, unknown>();
  const memory: Memory = { get: <T>(key: string, fallback: T) => (values.get(key) as T | undefined) ?? fallback, update: (key, value) => (values.set(key, value), Promise.resolve()) };
  store = new ForwardStore();
  enabled = new EnabledSet(memory, true);
  autoStart = new AutoStart(store, enabled, new Settings(), memory, (ids) => (started.push([...ids]), enabled.add(ids)));
});

async function come(...snapshots: Parameters<typeof snapshot>[0][]): Promise<void> {
  store.update({ snapshots: snapshots.map((changes) => snapshot(changes)), removed: [] });
  await autoStart.consider();
}

it('AutoStart_OnceAllowed_StartsWhatComesLaterWithoutAsking', async () => {
  shown.answers = ['Allow'];
  await come(web);
  await come(web, api);
  expect(started).toEqual([['web'], ['api']]);
  expect(shown.messages).toHaveLength(1);
});

it('AutoStart_OfWhatTheUserStopped_IsNotRepeated_AlsoUnderAnotherName', async () => {
  settings.set('kftray.autoStart', 'always');
  await come(web);
  await enabled.remove(['web']);
  await come({ ...web, id: 'site', alias: 'site', previousId: 'web' });
  expect(started).toEqual([['web']]);
});

it('AutoStart_AllowedAfterANo_StartsWhatWaitedAndNotWhatTheUserStopped', async () => {
  shown.answers = ['Not Now', allow];
  await come(web, api);
  await enabled.add(['api']);
  await enabled.remove(['api']);
  await autoStart.manage();
  expect(started).toEqual([['web']]);
});

it('AutoStart_OfWhatComesWhileTheQuestionIsOpen_FollowsTheAnswer', async () => {
  shown.answers = ['Allow'];
  const first = come(web);
  await come(api);
  await first;
  expect(started.flat().sort()).toEqual(['api', 'web']);
  expect(shown.messages).toHaveLength(1);
});

it('AutoStart_InRestrictedMode_StartsNothingEvenIfAllowed', async () => {
  workspace.isTrusted = false;
  shown.answers = [allow];
  await come(web);
  await autoStart.manage();
  expect(started).toEqual([]);
});
