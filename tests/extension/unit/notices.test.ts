import { beforeEach, expect, it } from 'vitest';
import { Emitter } from '../../../extension/src/model/emitter';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { Settings } from '../../../extension/src/settings';
import { type ForwardSnapshot, type PodLogParams } from '../../../extension/src/sidecar/protocol.generated';
import { type SidecarSupervisor } from '../../../extension/src/sidecar/supervisor';
import { FailureNotice } from '../../../extension/src/views/failureNotice';
import { PodLogs } from '../../../extension/src/views/podLogs';
import { shown } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const web = snapshot({ alias: 'web' });
const api = snapshot({ alias: 'api' });
let store: ForwardStore;

beforeEach(() => {
  shown.messages = [];
  shown.terminals = [];
  store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
});

const failed = (forward: ForwardSnapshot, isKftray: boolean): ForwardSnapshot => ({
  ...forward, status: 'failed', since: '2026-02-02T00:00:00Z', fault: { kind: 'portInUse', message: 'Port 8080 is in use.', holder: { address: '127.0.0.1', isKftray } },
});

const start = async (...ends: ForwardSnapshot[]): Promise<void> => {
  await new FailureNotice(store, new Settings()).during(ends.map(({ id }) => id), () => {
    store.update({ snapshots: ends, removed: [] });
    return Promise.resolve();
  });
};

it('FailureNotice_OneForward_NamesItAndItsFault', async () => {
  await start(failed(web, false));
  expect(shown.messages).toEqual(['web could not start: Port 8080 is in use.']);
});

it('FailureNotice_OfAForwardThatIsCalledLikeALink_IsNoLink', async () => {
  const hostile = snapshot({ alias: '[Fix](command:workbench.action.quit)' });
  store.update({ snapshots: [hostile], removed: [] });
  await start(failed(hostile, false));
  expect(shown.messages).toHaveLength(1);
  expect(shown.messages[0]).not.toContain('](');
  expect(shown.messages[0]).toContain('workbench.action.quit');
});

it('FailureNotice_SeveralForwards_IsOneMessage', async () => {
  await start(failed(web, false), failed(api, false));
  expect(shown.messages).toEqual(['2 of 2 forwards could not start.']);
});

it('FailureNotice_ForwardsOfAnotherWindow_AreNoFailure', async () => {
  await start(failed(web, true), failed(api, true));
  expect(shown.messages).toEqual([]);
});

it('PodLogs_Follow_ShowTheForwardsPiecesUntilTheEnd_AndCancelWhenClosed', async () => {
  const feed = new Emitter<PodLogParams>();
  let end!: (result: { pod: string }) => void;
  let isCancelled = false;
  const request = (_: string, __: unknown, token: { onCancellationRequested(listener: () => void): unknown }) => {
    token.onCancellationRequested(() => (isCancelled = true));
    return new Promise((resolve) => (end = resolve));
  };
  new PodLogs({ connection: () => Promise.resolve({ request }) } as unknown as SidecarSupervisor, feed).show(web);
  const [terminal] = shown.terminals;
  await Promise.resolve();

  feed.fire({ id: web.id, pod: 'web-0', text: 'one\ntwo\n' });
  feed.fire({ id: api.id, pod: 'api-0', text: 'not ours' });
  expect(terminal!.text).toBe('one\r\ntwo\r\n');

  end({ pod: 'web-0' });
  await new Promise(setImmediate);
  expect(terminal!.text).toContain('The log of pod web-0 has ended.');
  terminal!.close();
  expect(isCancelled).toBe(true);
});

it('PodLogs_FollowedAlready_AreShownAgain_AndAfterTheirEndFollowedAnew', async () => {
  const feed = new Emitter<PodLogParams>();
  let end!: (result: { pod: string }) => void;
  const request = () => new Promise((resolve) => (end = resolve));
  const logs = new PodLogs({ connection: () => Promise.resolve({ request }) } as unknown as SidecarSupervisor, feed);
  logs.show(web);
  logs.show(web);
  await new Promise(setImmediate);
  expect(shown.terminals).toHaveLength(1);

  end({ pod: 'web-0' });
  await new Promise(setImmediate);
  logs.show(web);
  feed.fire({ id: web.id, pod: 'web-1', text: 'again\n' });
  expect(shown.terminals.map(({ text }) => text.includes('again'))).toEqual([false, true]);
  shown.terminals[0]!.close();
  logs.show(web);
  expect(shown.terminals).toHaveLength(2);
});
