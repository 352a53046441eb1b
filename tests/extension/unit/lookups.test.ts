import { beforeEach, expect, it } from 'vitest';
import { resolveLocalAddress } from '../../../extension/src/commands/address';
import { type CommandContext } from '../../../extension/src/commands/context';
import { importKftray } from '../../../extension/src/commands/transfer';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { EnabledSet } from '../../../extension/src/workspace/enabledSet';
import { documents, shown } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const web = snapshot({ alias: 'web' });
const exported = 'file:///tmp/kftray.json';
let store: ForwardStore;

beforeEach(() => {
  Object.assign(shown, { messages: [], answers: [] });
  documents.clear();
  store = new ForwardStore();
});

const context = (more: object): CommandContext => ({ store, enabled: new EnabledSet({ get: (_, fallback) => fallback, update: () => Promise.resolve() }, false), ...more }) as unknown as CommandContext;

it('LocalAddress_OfAForwardThatWasNotHeardOfYet_IsWaitedFor', async () => {
  const sync = { hasApplied: false, ranges: [{ id: web.id }], apply: () => Promise.resolve() };
  const address = resolveLocalAddress(context({ sync }), 'web');
  await new Promise(setImmediate);
  store.update({ snapshots: [web], removed: [] });
  expect(await address).toBe('127.0.0.1:8080');
});

it('Import_OfWhatIsThereAlready_ReportsAndAsksNothing', async () => {
  store.update({ snapshots: [web], removed: [] });
  documents.files.set(exported, '[]');
  shown.answers = [exported];
  const request = () => Promise.resolve({ text: '[{ "alias": "web" }]', count: 1, notes: [] });
  await importKftray(context({ supervisor: { connection: () => Promise.resolve({ request }) } }));
  expect(shown.messages).toEqual(['0 port forwards were imported. 1 entries were left out.']);
});
