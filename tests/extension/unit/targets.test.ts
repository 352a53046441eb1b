import { beforeEach, expect, it } from 'vitest';
import { type CommandContext } from '../../../extension/src/commands/context';
import { stopAll } from '../../../extension/src/commands/run';
import { type Applies, groupForwards, NotApplicableError, targetForwards } from '../../../extension/src/commands/targets';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { EnabledSet } from '../../../extension/src/workspace/enabledSet';
import { shown } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const web = snapshot({ alias: 'web' });
const api = snapshot({ alias: 'api', status: 'active' });
const canStop: Applies = (state) => state === 'active';
const byKey = { of: 'selection' };
let context: CommandContext;
let selection: object[];

beforeEach(() => {
  selection = [];
  shown.answers = ['api'];
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  context = { store, view: { visible: true, get selection() { return selection; } } } as unknown as CommandContext;
});

const node = (forward: { id: string }) => ({ kind: 'forward', id: `f:${forward.id}`, forwardId: forward.id });
const aliases = async (...args: unknown[]) => (await targetForwards(context, args, canStop, '')).map(({ alias }) => alias);

it('Targets_ByKeyOnARowThatDoesNotFit_AreNotThoseOfAnother', async () => {
  selection = [node(web)];
  await expect(aliases(byKey)).rejects.toThrow('This does not apply to web: stopped.');
});

it('Targets_ByKeyWithNothingSelected_AreNone', async () => {
  await expect(aliases(byKey)).rejects.toThrow('Select a port forward first.');
});

it('Targets_ByKeyOnARowThatFits_AreTheSelection', async () => {
  selection = [node(api)];
  expect(await aliases(byKey)).toEqual(['api']);
});

it('Targets_FromThePalette_AreTheUsersPick', async () => {
  selection = [node(web)];
  expect(await aliases()).toEqual(['api']);
});

it('Targets_OfARowThatDoesNotFit_SayWhyNot', async () => {
  await expect(aliases(node(web))).rejects.toBeInstanceOf(NotApplicableError);
  await expect(aliases('gone')).rejects.toThrow('There is no such port forward any more.');
});

it('Targets_OfAGroupInWhichNothingFits_AreNone', () => {
  expect(groupForwards(context, [{ kind: 'group', id: 'g:x', children: [node(web)] }], canStop)).toEqual([]);
});

it('StopAll_BeforeTheServiceWasNeeded_StartsNone', async () => {
  const enabled = new EnabledSet({ get: () => ['a'] as never, update: () => Promise.resolve() }, true);
  let applies = 0;
  const sync = { apply: () => Promise.resolve(applies++) };
  await stopAll({ ...context, enabled, sync, supervisor: { status: 'idle' } } as unknown as CommandContext);
  expect([enabled.ids, applies]).toEqual([[], 0]);
});
