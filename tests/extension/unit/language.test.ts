import { describe, expect, it } from 'vitest';
import type * as vscode from 'vscode';
import { liveRanges } from '../../../extension/src/language/liveRanges';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { completionPlace, suggestions } from '../../../extension/src/model/completionPlace';
import { forwardLenses } from '../../../extension/src/model/lenses';
import { type BrowseResult, type ForwardRange, type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { documents, Uri } from '../support/fakeVscode';
import { snapshot, t } from '../support/snapshots';

describe('Lenses', () => {
  it.each<[string, Partial<ForwardSnapshot>, string]>([
    ['Stopped', {}, '$(play) Start | $(circle-outline) Stopped'],
    ['Active', { status: 'active', open: 'http' }, '$(debug-stop) Stop | $(circle-filled) Active :8080 | $(globe) Open | $(pulse) Diagnose'],
    ['Starting', { status: 'starting' }, '$(debug-stop) Stop | $(loading) Starting :8080 | $(pulse) Diagnose'],
    ['NoPod', { status: 'reconnecting', waitingFor: 'event', fault: { kind: 'noReadyPod', message: '' } }, '$(debug-stop) Stop | $(warning) Reconnecting :8080, no ready pod | $(pulse) Diagnose'],
    ['Failed', { status: 'failed', fault: { kind: 'portInUse', message: '' } }, '$(debug-stop) Stop | $(error) Error :8080, port 8080 in use | $(pulse) Diagnose'],
    ['SignIn', { status: 'reconnecting', waitingFor: 'user', context: 'dev', fault: { kind: 'signInRequired', message: '' } }, '$(debug-stop) Stop | $(key) Sign in to dev | $(warning) Reconnecting :8080, sign in | $(pulse) Diagnose'],
    ['Consent', { status: 'blocked', fault: { kind: 'consentRequired', message: '' } }, 'Allow Kubeconfig… | $(circle-slash) Blocked, kubeconfig not confirmed'],
  ])('Lenses_%s', (_, changes, expected) => {
    expect(forwardLenses(snapshot(changes), true, t).map(({ title }) => title).join(' | ')).toBe(expected);
  });
});

describe('LiveRanges', () => {
  const uri = 'file:///shop/.vscode/kftray.json';
  const saved = '[\n  { "relay": {}, "alias": "a.b" },\n  { "alias": "c" }\n]';
  const at = (id: string, startLine: number): ForwardRange => ({ id, uri, range: { startLine, startColumn: 2, endLine: startLine, endColumn: 9 } });
  const store = new ForwardStore();
  store.update({ snapshots: [snapshot({ id: 'a', alias: 'a.b' }), snapshot({ id: 'c', alias: 'c' })], removed: [] });

  async function lines(text: string): Promise<Record<string, number>> {
    documents.clear();
    documents.files.set(uri, saved);
    const document = await documents.document(Uri.parse(uri));
    if (text !== saved) {
      document.set(text);
    }
    const ranges = liveRanges({ ranges: [at('a', 1), at('c', 2), { ...at('a', 0), uri: 'file:///other' }] }, store, document as unknown as vscode.TextDocument);
    return Object.fromEntries(ranges.map(({ id, range }) => [id, range.startLine]));
  }

  it('LiveRanges_OfASavedDocument_AreTheSidecars', async () => {
    expect(await lines(saved)).toEqual({ a: 1, c: 2 });
  });

  it('LiveRanges_BelowUnsavedLines_AreWhereTheNamesStandNow', async () => {
    expect(await lines(`// one\n// two\n${saved}`)).toEqual({ a: 3, c: 4 });
  });

  it.each([
    ['Renamed', saved.replace('"c"', '"d"')],
    ['WrittenTwice', saved.replace('{ "alias": "c" }', '{ "alias": "c" }, { "alias": "c" }')],
    ['OutsideOfAnObject', saved.replace('{ "alias": "c" }', '"alias": "c"')],
  ])('LiveRanges_OfAForwardThatIs_%s_AreNone', async (_, text) => {
    expect(await lines(text)).toEqual({ a: 1 });
  });
});

describe('CompletionPlace', () => {
  /** The cursor is where `|` stands. */
  const place = (text: string) => completionPlace(text.replace('|', ''), text.indexOf('|'));

  it('Place_InAnEmptyValue_KnowsTheForwardAndTheDefaults', async () => {
    const text = '{ "defaults": { "context": "kind", "namespace": "shop" }, "forwards": [ { "namespace": "bank", "service": "|" } ] }';
    expect(await place(text)).toEqual({ key: 'service', start: text.indexOf('"|'), end: text.indexOf('"|') + 2, context: 'kind', namespace: 'bank', isPod: false });
  });

  it('Place_BehindTheColon_IsWhereTheValueGoes', async () => {
    const text = '[ { "service": "api", "remote_port": | } ]';
    expect(await place(text)).toMatchObject({ key: 'remote_port', start: text.indexOf('|'), end: text.indexOf('|'), service: 'api' });
  });

  it.each([
    ['a key', '[ { "serv|" } ]'],
    ['another value', '[ { "alias": "|" } ]'],
    ['a kubeconfig of its own', '[ { "kubeconfig": "~/x", "context": "|" } ]'],
    ['a relay', '{ "defaults": { "relay": { "image": "|" } } }'],
  ])('Place_In_%s_IsNone', async (_, text) => {
    expect(await place(text)).toBeUndefined();
  });

  it('Place_OfTheCurrentContext_NamesNone', async () => {
    expect(await place('[ { "context": "@current", "namespace": "|" } ]')).not.toHaveProperty('context');
  });
});

describe('Suggestions', () => {
  const browsed: BrowseResult = {
    contexts: ['kind'],
    namespaces: ['shop'],
    workloads: [
      { type: 'service', name: 'api', ports: [{ name: 'http', number: 80, protocol: 'tcp' }] },
      { type: 'pod', name: 'db-0', selector: 'app=db', owner: 'statefulset/db', ports: [{ number: 5432, protocol: 'tcp' }] },
    ],
  };
  const at = { start: 0, end: 0, isPod: false };

  it.each([
    ['context', {}, ['kind']],
    ['namespace', {}, ['shop']],
    ['service', {}, ['api']],
    ['service', { isPod: true }, ['db-0']],
    ['target', { isPod: true }, ['app=db']],
    ['remote_port', { service: 'api' }, [80]],
    ['remote_port', { isPod: true, target: 'app=db' }, [5432]],
    ['remote_port', { service: 'other' }, []],
  ] as const)('Suggestions_For_%s_%j', (key, more, expected) => {
    expect(suggestions({ ...at, ...more, key }, browsed).map(({ value }) => value)).toEqual(expected);
  });
});
