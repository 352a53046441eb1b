import { beforeEach, expect, it } from 'vitest';
import { type CommandContext } from '../../../extension/src/commands/context';
import { changeLocalPort, editForward, removeForward } from '../../../extension/src/commands/edit';
import { fieldsOf } from '../../../extension/src/commands/editFields';
import { remotePortProblem } from '../../../extension/src/commands/verdicts';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { type ForwardRange } from '../../../extension/src/sidecar/protocol.generated';
import { EnabledSet } from '../../../extension/src/workspace/enabledSet';
import { type FakeInput } from '../support/fakeInput';
import { documents, shown, Uri } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const shared = 'file:///work/shop/.vscode/kftray.json';
const local = 'file:///work/shop/.vscode/kftray.local.json';
const web = snapshot({ alias: 'web', id: 'shop/web', context: 'kind' });
const api = snapshot({ alias: 'api', id: 'shop/api' });
const at = (uri: string, id: string, startLine: number): ForwardRange => ({ id, uri, range: { startLine, startColumn: 2, endLine: startLine, endColumn: 9 } });

let context: CommandContext;
let watched: (readonly string[])[];

beforeEach(() => {
  Object.assign(shown, { messages: [], inputs: [], answers: [] });
  documents.clear();
  documents.files.set(shared, '[\n  { "alias": "web", "local_port": 1 },\n  { "alias": "api" }\n]\n');
  documents.files.set(local, '[\n  { "alias": "web", "local_port": 2 }\n]\n');
  watched = [];
  const store = new ForwardStore();
  store.update({ snapshots: [web, api], removed: [] });
  context = {
    store,
    enabled: new EnabledSet({ get: (_, fallback) => fallback, update: () => Promise.resolve() }, false),
    documents: { kindOf: (uri: { toString(): string }) => (uri.toString() === local ? 'local' : 'shared') },
    sync: { ranges: [at(shared, web.id, 1), at(shared, api.id, 2), at(local, web.id, 1)], apply: () => Promise.resolve() },
    failures: { during: (ids: readonly string[], work: () => Promise<unknown>) => (watched.push(ids), work()) },
    supervisor: { connection: () => Promise.resolve({ request: () => Promise.resolve({ contexts: ['dev', 'kind'], namespaces: [], workloads: [] }) }) },
    settings: { kubeconfig: [] },
    view: { visible: false, selection: [] },
  } as unknown as CommandContext;
});

const input = (): FakeInput => shown.inputs.at(-1)!;

it('Edit_TheName_ChangesEveryDefinition', async () => {
  shown.answers = ['Name'];
  const edited = editForward(context, web.id);
  await new Promise(setImmediate);
  input().type('front');
  input().accept();
  await edited;
  expect(documents.files.get(shared)).toContain('{ "alias": "front", "local_port": 1 }');
  expect(documents.files.get(local)).toContain('{ "alias": "front", "local_port": 2 }');
});

it('Edit_WhatAPersonHasOverridden_ChangesThatOnly', async () => {
  await changeLocalPort(context, web.id, 3);
  expect(documents.files.get(shared)).toContain('"local_port": 1');
  expect(documents.files.get(local)).toContain('"local_port": 3');
});

it('Edit_WithUnsavedChangesInOneOfItsDocuments_ChangesNone', async () => {
  (await documents.document(Uri.parse(local))).isDirty = true;
  shown.answers = ['Remove'];
  await expect(removeForward(context, web.id)).rejects.toThrow('unsaved changes');
  expect(documents.files.get(shared)).toContain('web');
});

it('ChangeLocalPort_OfAForwardThatIsToRun_IsWatched', async () => {
  await changeLocalPort(context, web.id, 3);
  await context.enabled.add([web.id]);
  await changeLocalPort(context, web.id, 4);
  expect(watched).toEqual([[], [web.id]]);
});

it('Remove_SeveralRows_RemovesAllOfThem', async () => {
  shown.answers = ['Remove'];
  const nodes = [web, api].map(({ id, alias }) => ({ kind: 'forward', id: `f:${id}`, forwardId: id, label: alias }));
  await removeForward(context, nodes[0], nodes);
  expect(shown.messages).toEqual(['Remove 2 port forwards?']);
  expect([...documents.files.values()].map((text) => JSON.parse(text) as unknown)).toEqual([[], []]);
});

it('Edit_OfAChoice_MarksWhatHolds', async () => {
  const open = fieldsOf(context, { ...web, open: 'https' }).find(({ key }) => key === 'open')!;
  expect(open.description).toBe('https');
  shown.answers = ['http'];
  expect(await open.ask()).toMatchObject({ value: 'http' });
});

it('Edit_TheContext_OffersThoseThatThereAre', async () => {
  const answer = fieldsOf(context, web).find(({ key }) => key === 'context')!.ask();
  await new Promise(setImmediate);
  expect(input().items.map(({ label }) => label)).toEqual(['dev', 'kind', 'Enter a context…']);
  expect(input().activeItems).toMatchObject([{ label: 'kind' }]);
  input().choose('dev');
  expect(await answer).toEqual({ value: 'dev' });
});

it.each([
  ['remote_port', '', true],
  ['remote_port', '80', false],
  ['remote_port', 'http', false],
  ['namespace', 'My Shop', true],
  ['namespace', '', false],
])('Edit_Of_%s_With_"%s"_IsRefused_%s', async (key, value, isRefused) => {
  void fieldsOf(context, web).find((field) => field.key === key)!.ask();
  await new Promise(setImmediate);
  input().type(value);
  await new Promise(setImmediate);
  expect(input().validationMessage !== undefined).toBe(isRefused);
});

it.each([['0'], ['65536'], ['HTTP'], ['a-very-long-port-name'], ['-']])('RemotePort_%s_IsRefused', (value) => {
  expect(remotePortProblem(value)).toBeDefined();
});
