import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ForwardTerminal } from '../../../extension/src/integrations/forwardTasks';
import { type ForwardControl, stopForwards } from '../../../extension/src/integrations/starting';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { EnabledSet } from '../../../extension/src/workspace/enabledSet';
import { type WorkspaceSync } from '../../../extension/src/workspace/workspaceSync';
import { snapshot } from '../support/snapshots';

const web = snapshot({ alias: 'web' });
const busy = { kind: 'portInUse' as const, message: 'Port 8080 is in use.', hint: 'Pick another.' };
let store: ForwardStore;
let control: ForwardControl;
let requests: string[];
/** What the service makes of the next apply. */
let onApply: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  store = new ForwardStore();
  store.update({ snapshots: [web], removed: [] });
  requests = [];
  onApply = () => undefined;
  const request = (method: string, { id }: { id: string }): Promise<void> => {
    requests.push(`${method} ${id}`);
    return Promise.resolve();
  };
  control = {
    store,
    enabled: new EnabledSet({ get: (_, fallback) => fallback, update: () => Promise.resolve() }, false),
    sync: { hasApplied: true, ranges: [], apply: () => (onApply(), Promise.resolve()) } as unknown as WorkspaceSync,
    supervisor: { connection: () => Promise.resolve({ request }) } as unknown as ForwardControl['supervisor'],
  };
});

afterEach(() => {
  vi.useRealTimers();
});

const become = (changes: Partial<ForwardSnapshot>): void => {
  store.update({ snapshots: [{ ...web, ...changes }], removed: [] });
};

/** Runs the task; `ended` is its exit code as soon as there is one. */
function run(): { terminal: ForwardTerminal; text: () => string; ended: () => number | undefined } {
  const terminal = new ForwardTerminal(control, { type: 'kftray', forwards: ['web'] });
  let text = '';
  let code: number | undefined;
  terminal.onDidWrite((written) => (text += written));
  terminal.onDidClose((ended) => (code = typeof ended === 'number' ? ended : undefined));
  terminal.open();
  return { terminal, text: () => text, ended: () => code };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

it('Task_WhenItsForwardsAreActive_EndsWith0', async () => {
  onApply = () => { become({ status: 'starting', since: '2026-01-01T12:00:01Z' }); };
  const task = run();
  await settle();
  expect(task.ended()).toBeUndefined();
  become({ status: 'active', since: '2026-01-01T12:00:02Z' });
  await settle();
  expect(task.ended()).toBe(0);
  expect(task.text()).toContain('web, active');
});

it('Task_WhoseForwardIsServedByAnotherWindow_EndsWith0', async () => {
  onApply = () => { become({ status: 'failed', since: '2026-01-01T12:00:01Z', fault: { ...busy, holder: { address: '127.0.0.1', isKftray: true } } }); };
  const task = run();
  await settle();
  expect(task.ended()).toBe(0);
});

it('Task_WhoseForwardIsStoppedMeanwhile_EndsWith1AndSaysSo', async () => {
  onApply = () => { become({ status: 'reconnecting', since: '2026-01-01T12:00:01Z', waitingFor: 'time' }); };
  const task = run();
  await settle();
  onApply = () => { become({ status: 'stopped', since: '2026-01-01T12:00:02Z' }); };
  await stopForwards(control, [web]);
  await settle();
  expect(task.ended()).toBe(1);
  expect(task.text()).toContain('web was stopped.');
});

it('Task_WhoseForwardIsStoppedBeforeItBegan_EndsWith1', async () => {
  const task = run();
  await settle();
  expect(task.ended()).toBeUndefined();
  await stopForwards(control, [web]);
  await settle();
  expect(task.ended()).toBe(1);
});

it('Task_WhileAClusterStaysAway_SaysWhatItWaitsFor_AndEndsWith1', async () => {
  onApply = () => { become({ status: 'reconnecting', since: '2026-01-01T12:00:01Z', waitingFor: 'time', fault: { kind: 'serverUnreachable', message: 'x' } }); };
  const task = run();
  await settle();
  expect(task.text()).not.toContain('Waiting');
  await vi.advanceTimersByTimeAsync(5000);
  expect(task.text()).toContain('Waiting: web, reconnecting');
  expect(task.ended()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(55_000);
  expect(task.ended()).toBe(1);
  expect(task.text()).toContain('Not everything was there after 60 s.');
});

it('Task_ThatTheUserEnds_WaitsNoLonger', async () => {
  onApply = () => { become({ status: 'starting', since: '2026-01-01T12:00:01Z' }); };
  const task = run();
  await settle();
  task.terminal.close();
  await settle();
  expect(task.ended()).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('Task_WhoseForwardHasFailedBefore_TriesAgainAndAnswersWithTheNewEnd', async () => {
  await control.enabled.add([web.id]);
  become({ status: 'failed', fault: busy });
  const task = run();
  await settle();
  expect(requests).toEqual([`forward/restart ${web.id}`]);
  expect(task.ended()).toBeUndefined();
  become({ status: 'failed', since: '2026-01-01T12:00:05Z', fault: busy });
  await settle();
  expect(task.ended()).toBe(1);
  expect(task.text()).toContain('Pick another.');
});
