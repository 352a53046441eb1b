import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { Settings } from '../../../extension/src/settings';
import { PortNotice } from '../../../extension/src/views/portNotice';
import { type Memory } from '../../../extension/src/workspace/enabledSet';
import { settings, shown } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const moved = (alias: string, localPort = 8081) => snapshot({ alias, status: 'active', localPort, configuredLocalPort: 8080 });
const atHome = (alias: string) => snapshot({ alias, status: 'active' });

let memory: Memory;
let store: ForwardStore;
let notice: PortNotice;

beforeEach(() => {
  vi.useFakeTimers();
  settings.clear();
  shown.messages = [];
  shown.answers = [];
  const values = new Map<string, unknown>();
  memory = { get: <T>(key: string, fallback: T) => (values.get(key) as T | undefined) ?? fallback, update: (key, value) => (values.set(key, value), Promise.resolve()) };
  open();
});

afterEach(() => {
  notice.dispose();
  vi.useRealTimers();
});

function open(): void {
  store = new ForwardStore();
  notice = new PortNotice(store, new Settings(), memory);
}

function come(...snapshots: ReturnType<typeof snapshot>[]): void {
  store.update({ snapshots, removed: [] });
  vi.advanceTimersByTime(1000);
}

it('PortNotice_OfOne_NamesItsPorts', () => {
  come(moved('api'));
  expect(shown.messages).toEqual(['api listens on port 8081, because 8080 is in use.']);
});

it('PortNotice_OfSeveral_IsOneMessage', () => {
  store.update({ snapshots: [moved('api')], removed: [] });
  come(moved('web'));
  expect(shown.messages).toEqual(['2 port forwards listen on other ports, because their own are in use.']);
});

it('PortNotice_AfterAReload_IsNotRepeatedForTheSamePort', () => {
  come(moved('api'));
  notice.dispose();
  open();
  come(snapshot({ alias: 'api' }));
  come(moved('api'));
  expect(shown.messages).toHaveLength(1);
  come(moved('api', 8082));
  expect(shown.messages).toHaveLength(2);
});

it('PortNotice_OnceItHadItsOwnPortAgain_IsNewsAgain', () => {
  come(moved('api'));
  come(atHome('api'));
  come(moved('api'));
  expect(shown.messages).toHaveLength(2);
});

it('PortNotice_OfWhatEndedMeanwhile_IsNone', () => {
  store.update({ snapshots: [moved('api')], removed: [] });
  come(snapshot({ alias: 'api' }));
  expect(shown.messages).toEqual([]);
});
