import { describe, expect, it } from 'vitest';
import { type SidecarConnection } from '../../../extension/src/sidecar/connection';
import { type ApplyParams, type ApplyResult, type ConfigDocument } from '../../../extension/src/sidecar/protocol.generated';
import { EnabledSet, type Memory } from '../../../extension/src/workspace/enabledSet';
import { sourceNames } from '../../../extension/src/workspace/sourceNames';
import { WorkspaceSync } from '../../../extension/src/workspace/workspaceSync';

class FakeMemory implements Memory {
  readonly values = new Map<string, unknown>();
  get<T>(key: string, fallback: T): T {
    return (this.values.get(key) as T | undefined) ?? fallback;
  }
  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
}

/** A connection whose answers the test gives one by one. */
class HeldConnection {
  readonly sent: ApplyParams[] = [];
  isClosed = false;
  private readonly answers: { resolve(result: ApplyResult): void; reject(error: Error): void }[] = [];
  readonly asConnection = this as unknown as SidecarConnection;

  request(_: string, params: ApplyParams): Promise<ApplyResult> {
    this.sent.push(params);
    return new Promise((resolve, reject) => this.answers.push({ resolve, reject }));
  }

  answer(result: ApplyResult = { problems: [], ranges: [] }): void {
    this.answers.shift()!.resolve(result);
  }

  die(): void {
    this.isClosed = true;
    this.answers.shift()!.reject(new Error('gone'));
  }
}

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const document: ConfigDocument = { uri: 'file:///kftray.json', folder: 'shop', kind: 'shared', text: '[]' };

describe('Sync', () => {
  function setUp(connections: HeldConnection[]) {
    const enabled = ['a'];
    const desired = { readDocuments: () => Promise.resolve([document]), enabled: () => [...enabled], consents: () => ['/work/shop'], isTrusted: () => true, settings: () => ({ localAddress: '127.0.0.1' }) };
    const sync = new WorkspaceSync(desired, { connection: () => Promise.resolve((connections.find(({ isClosed }) => !isClosed) ?? connections.at(-1)!).asConnection) });
    return { sync, enabled, desired };
  }

  it('Sync_Apply_SendsEverythingThatIsWanted', async () => {
    const connection = new HeldConnection();
    const { sync } = setUp([connection]);
    const applied = sync.apply();
    await flush();
    connection.answer({ problems: [], ranges: [{ id: 'a', uri: document.uri, range: { startLine: 1, startColumn: 0, endLine: 2, endColumn: 0 } }] });
    await applied;
    expect(connection.sent).toEqual([{ documents: [document], enabled: ['a'], trusted: true, consents: ['/work/shop'], settings: { localAddress: '127.0.0.1' } }]);
    expect(sync.ranges.map(({ id }) => id)).toEqual(['a']);
  });

  it('Sync_CallsWhileOneIsUnderWay_ShareTheNextOne', async () => {
    const connection = new HeldConnection();
    const { sync, enabled } = setUp([connection]);
    const first = sync.apply();
    await flush();
    enabled.push('b');
    const second = sync.apply();
    enabled.push('c');
    const third = sync.apply();
    await flush();
    expect(connection.sent).toHaveLength(1);
    connection.answer();
    await first;
    await flush();
    connection.answer();
    await Promise.all([second, third]);
    expect(connection.sent.map((params) => params.enabled)).toEqual([['a'], ['a', 'b', 'c']]);
  });

  it('Sync_WhenTheSidecarDiesUnderIt_IsSentToTheNext', async () => {
    const [first, second] = [new HeldConnection(), new HeldConnection()];
    const { sync } = setUp([first, second]);
    const applied = sync.apply();
    await flush();
    first.die();
    await flush();
    second.answer();
    await applied;
    expect(second.sent).toHaveLength(1);
  });

  it('Sync_AfterAFailure_GoesOn', async () => {
    const connection = new HeldConnection();
    const { sync, desired } = setUp([connection]);
    desired.readDocuments = () => Promise.reject(new Error('The disk is gone.'));
    await expect(sync.apply()).rejects.toThrow('The disk is gone.');
    desired.readDocuments = () => Promise.resolve([]);
    const applied = sync.apply();
    await flush();
    connection.answer();
    await applied;
  });

  it('Sync_UntrustedWorkspace_AsksForNothing', async () => {
    const connection = new HeldConnection();
    const { sync, desired } = setUp([connection]);
    desired.isTrusted = () => false;
    const applied = sync.apply();
    await flush();
    connection.answer();
    await applied;
    expect(connection.sent[0]).toMatchObject({ trusted: false, enabled: [] });
  });
});

describe('EnabledSet', () => {
  it('Enabled_AfterAReload_IsWhatItWas', async () => {
    const memory = new FakeMemory();
    const before = new EnabledSet(memory, true);
    await before.add(['a', 'b']);
    await before.remove(['a']);
    expect(new EnabledSet(memory, true).ids).toEqual(['b']);
    expect(new EnabledSet(memory, false).ids).toEqual([]);
  });

  it('Enabled_ARename_KeepsItWanted', async () => {
    const memory = new FakeMemory();
    const enabled = new EnabledSet(memory, true);
    await enabled.add(['a']);
    await enabled.rename('a', 'b');
    await enabled.rename('unknown', 'c');
    expect(new EnabledSet(memory, true).ids).toEqual(['b']);
  });
});

describe('SourceNames', () => {
  it.each([
    ['OneFolder', [{ name: 'shop', path: '/work/shop' }], ['shop']],
    ['TwoOfOneName', [{ name: 'api', path: '/work/shop/api' }, { name: 'api', path: '/work/bank/api' }], ['api (shop)', 'api (bank)']],
    ['TwoOfOneNameAndParent', [{ name: 'api', path: '/a/x/api' }, { name: 'api', path: '/b/x/api' }], ['api (x)', 'api (x) 2']],
    ['AFolderNamedUser', [{ name: 'user', path: '/work/user' }], ['user (work)']],
  ])('SourceNames_%s_AreUnique', (_, folders, expected) => {
    expect(sourceNames(folders)).toEqual(expected);
  });
});
