import { beforeEach, expect, it, vi } from 'vitest';
import { type Draft, toForward } from '../../../extension/src/commands/add/draft';
import { addSteps } from '../../../extension/src/commands/add/steps';
import { runWizard } from '../../../extension/src/commands/add/wizard';
import { type CommandContext } from '../../../extension/src/commands/context';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { Settings } from '../../../extension/src/settings';
import { type BrowseResult, type BrowseWorkload } from '../../../extension/src/sidecar/protocol.generated';
import { type FakeInput } from '../support/fakeInput';
import { QuickInputButtons, shown } from '../support/fakeVscode';

const dns: BrowseWorkload = {
  type: 'service',
  name: 'kube-dns',
  ports: [{ name: 'dns', number: 53, protocol: 'udp' }, { name: 'dns-tcp', number: 53, protocol: 'tcp' }],
};
const redis: BrowseWorkload = { type: 'service', name: 'redis', ports: [{ number: 6379, protocol: 'tcp' }] };

let browse: () => Promise<BrowseResult>;
let probe: (port: number) => Promise<{ freePort: number }>;
let draft: Draft;

beforeEach(() => {
  shown.inputs = [];
  browse = () => Promise.resolve({ contexts: ['kind'], namespaces: ['shop'], workloads: [dns, redis] });
  probe = (port) => Promise.resolve({ freePort: port });
  draft = { context: 'kind', namespace: 'shop' };
});

/** Starts the wizard; `finished` once it has ended. */
function run(): Promise<boolean> {
  const request = (method: string, { port }: { port: number }): Promise<unknown> => (method === 'port/probe' ? probe(port) : browse());
  const context = { store: new ForwardStore(), settings: new Settings(), supervisor: { connection: () => Promise.resolve({ request }) } } as unknown as CommandContext;
  return runWizard('Add', addSteps(context, { ...draft }), draft);
}

/** The input that waits for an answer, as soon as there is something in it. */
const input = (): Promise<FakeInput> =>
  vi.waitFor(
    () => {
      const open = shown.inputs.find(({ isDone, busy, items, value }) => !isDone && !busy && (items.length > 0 || value !== ''));
      expect(open).toBeDefined();
      return open!;
    },
    { interval: 1 },
  );

it.each([
  ['dns-tcp', undefined],
  ['dns · UDP', 'udp'],
])('Add_APortThatIsTcpAndUdp_%s_IsTheOneThatWasChosen', async (description, protocol) => {
  const finished = run();
  (await input()).choose('kube-dns');
  (await input()).choose('53', description);
  (await input()).accept();
  (await input()).accept();
  expect(await finished).toBe(true);
  expect(toForward(draft)?.protocol).toBe(protocol);
});

it('Add_AnotherTargetAfterGoingBack_HasItsOwnPortAndName', async () => {
  const finished = run();
  (await input()).choose('kube-dns');
  (await input()).choose('53', 'dns-tcp');
  (await input()).accept();
  const name = await input();
  expect(name.value).toBe('kube-dns');
  name.press(QuickInputButtons.Back);
  (await input()).press(QuickInputButtons.Back);
  const ports = await input();
  expect(ports.activeItems.map(({ description }) => description)).toEqual(['dns-tcp · TCP']);
  ports.press(QuickInputButtons.Back);
  const targets = await input();
  expect(targets.activeItems.map(({ label }) => label)).toEqual(['kube-dns']);
  targets.choose('redis');
  (await input()).accept();
  (await input()).accept();
  expect(await finished).toBe(true);
  expect(draft).toMatchObject({ alias: 'redis', localPort: 6379, port: { number: 6379 } });
});

it('Add_WhileALocalPortIsLookedFor_TheInputIsThereAlready', async () => {
  let found!: (result: { freePort: number }) => void;
  probe = () => new Promise((resolve) => (found = resolve));
  draft = { ...draft, workload: redis, port: redis.ports[0]! };
  void run();
  await vi.waitFor(() => { expect(shown.inputs[0]?.busy).toBe(true); });
  found({ freePort: 6380 });
  expect((await input()).value).toBe('6380');
});

it('Add_WhereTheClusterCannotBeAsked_SaysWhyOnTheRowThatIsLeft', async () => {
  browse = () => Promise.reject(new Error('The server is away.'));
  void run();
  expect((await input()).items).toMatchObject([{ label: 'Enter a service…', detail: 'The server is away.' }]);
});
