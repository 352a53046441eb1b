import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { SidecarCancelledError, type SidecarRequestError } from '../../../extension/src/sidecar/errors';
import { type ApplyParams, type ConfigDocument, Protocol, RpcErrors } from '../../../extension/src/sidecar/protocol.generated';
import { RealSidecar, version } from '../support/realSidecar';

const methodNotFound = -32601;
const invalidParams = -32602;

let folder: string;
let kubeconfig: string;
/** Accepts connections and never says a word: an API server that hangs. */
let silent: Server;
const sockets = new Set<Socket>();
let sidecar: RealSidecar;

beforeAll(async () => {
  silent = createServer((socket) => sockets.add(socket.on('error', () => socket.destroy())));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  folder = await mkdtemp(path.join(tmpdir(), 'kftray-contract-'));
  kubeconfig = path.join(folder, 'kubeconfig');
  const { port } = silent.address() as AddressInfo;
  await writeFile(
    kubeconfig,
    `apiVersion: v1
kind: Config
current-context: silent
clusters: [{ name: silent, cluster: { server: "https://127.0.0.1:${port}" } }]
contexts: [{ name: silent, context: { cluster: silent, user: me, namespace: shop } }, { name: other, context: { cluster: silent, user: me } }]
users: [{ name: me, user: { token: abc } }]
`,
  );
});

afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  sidecar = await RealSidecar.ready();
});

afterEach(async () => {
  await sidecar[Symbol.asyncDispose]();
});

function document(text: string): ConfigDocument {
  return { uri: 'file:///work/shop-web/.vscode/kftray.json', folder: 'shop-web', kind: 'shared', text };
}

function wanted(text: string, changes: Partial<ApplyParams> = {}): ApplyParams {
  return { documents: [document(text)], enabled: [], trusted: true, consents: [], settings: { kubeconfig: [kubeconfig] }, ...changes };
}

const api = '{ "forwards": [\n  { "alias": "shop/api", "service": "api", "local_port": 0, "remote_port": 80 }\n] }';

async function idOfApi(): Promise<string> {
  const { ranges } = await sidecar.connection.request('workspace/apply', wanted(api));
  return ranges[0]!.id;
}

function code(error: unknown): number {
  return (error as SidecarRequestError).code;
}

describe('initialize', () => {
  it('Initialize_SameVersion_AnswersWithIt', async () => {
    await using fresh = await RealSidecar.start();
    await expect(fresh.connection.request('initialize', { clientVersion: version, protocolVersion: Protocol.version, logLevel: 'info' })).resolves.toEqual({ sidecarVersion: version, protocolVersion: Protocol.version });
  });

  it.each([
    ['AnotherProduct', { clientVersion: '99.0.0', protocolVersion: Protocol.version }],
    ['AnotherProtocol', { clientVersion: version, protocolVersion: 99 }],
  ])('Initialize_%s_IsRefusedNamingBoth', async (_, params) => {
    await using fresh = await RealSidecar.start();
    const error = await fresh.connection.request('initialize', params).catch((failure: unknown) => failure);
    expect(code(error)).toBe(RpcErrors.versionMismatch);
    expect((error as Error).message).toContain('99');
  });

  it('Initialize_Twice_IsRefused', async () => {
    const again = sidecar.connection.request('initialize', { clientVersion: version, protocolVersion: Protocol.version });
    await expect(again).rejects.toMatchObject({ code: RpcErrors.notInitialized });
  });

  it('Requests_BeforeInitialize_AreRefused', async () => {
    await using fresh = await RealSidecar.start();
    await expect(fresh.connection.request('workspace/apply', wanted(api))).rejects.toMatchObject({ code: RpcErrors.notInitialized });
    await expect(fresh.connection.request('forward/retry', { id: 'x' })).rejects.toMatchObject({ code: RpcErrors.notInitialized });
    await expect(fresh.connection.request('forward/restart', { id: 'x' })).rejects.toMatchObject({ code: RpcErrors.notInitialized });
    await expect(fresh.connection.request('cluster/browse', {})).rejects.toMatchObject({ code: RpcErrors.notInitialized });
    await expect(fresh.connection.request('log/setLevel', { level: 'debug' })).rejects.toMatchObject({ code: RpcErrors.notInitialized });
  });
});

describe('workspace/apply', () => {
  it('Apply_AGoodDocument_ReportsItsForwardsAsStopped', async () => {
    const { problems, ranges } = await sidecar.connection.request('workspace/apply', wanted(api));
    expect(problems).toEqual([]);
    expect(ranges).toEqual([{ id: expect.any(String) as string, uri: document('').uri, range: { startLine: 1, startColumn: 2, endLine: 1, endColumn: 79 } }]);
    const snapshot = await sidecar.becomes(ranges[0]!.id, () => true);
    expect(snapshot).toMatchObject({ alias: 'shop/api', source: 'shop-web', status: 'stopped', target: 'svc/api:80', line: 1, protocol: 'tcp', workloadType: 'service', pods: [], attempt: 0, autoStart: false });
  });

  it('Apply_ABrokenDocument_ReportsItsPlaceAndKeepsTheLastGoodOne', async () => {
    const id = await idOfApi();
    await sidecar.becomes(id, () => true);
    const { problems } = await sidecar.connection.request('workspace/apply', wanted('{ "forwards": [\n  { "alias": ]'));
    expect(problems[0]).toMatchObject({ uri: document('').uri, severity: 'error', range: { startLine: 1 } });
    expect(sidecar.snapshots.has(id)).toBe(true);
  });

  it('Apply_AnEnabledForward_BindsItsPortWhateverTheClusterDoes', async () => {
    const id = await idOfApi();
    await sidecar.connection.request('workspace/apply', wanted(api, { enabled: [id] }));
    const snapshot = await sidecar.becomes(id, ({ status, localPort }) => status !== 'stopped' && localPort !== 0);
    expect(['starting', 'reconnecting']).toContain(snapshot.status);
  });

  it('Apply_Untrusted_BlocksAndOpensNothing', async () => {
    const id = await idOfApi();
    const before = sockets.size;
    await sidecar.connection.request('workspace/apply', wanted(api, { enabled: [id], trusted: false }));
    await expect(sidecar.becomes(id, ({ status }) => status === 'blocked')).resolves.toMatchObject({ fault: { kind: 'untrustedWorkspace' } });
    expect(sockets.size).toBe(before);
  });

  it('Apply_WithoutTheDocument_RemovesItsForwards', async () => {
    const id = await idOfApi();
    await sidecar.becomes(id, () => true);
    await sidecar.connection.request('workspace/apply', wanted(api, { documents: [] }));
    await expect.poll(() => sidecar.snapshots.has(id)).toBe(false);
  });

  it('Apply_ARenamedForwardThatRuns_RunsOnAndSaysWhoItWas', async () => {
    const id = await idOfApi();
    await sidecar.connection.request('workspace/apply', wanted(api, { enabled: [id] }));
    const before = await sidecar.becomes(id, ({ localPort, status }) => status !== 'stopped' && localPort !== 0);
    const { ranges } = await sidecar.connection.request('workspace/apply', wanted(api.replace('shop/api', 'shop/gateway'), { enabled: [id] }));
    const after = await sidecar.becomes(ranges[0]!.id, ({ status }) => status !== 'stopped');
    expect(after.previousId).toBe(before.id);
    expect(after.localPort).toBe(before.localPort);
  });

  it('Apply_APortInUse_IsAStateAndNotAnError', async () => {
    const { port } = silent.address() as AddressInfo;
    const text = api.replace('"local_port": 0', `"local_port": ${port}`);
    const { ranges } = await sidecar.connection.request('workspace/apply', wanted(text));
    const { id } = ranges[0]!;
    await sidecar.connection.request('workspace/apply', wanted(text, { enabled: [id] }));
    const snapshot = await sidecar.becomes(id, ({ status }) => status === 'failed');
    expect(snapshot.fault).toMatchObject({ kind: 'portInUse' });
  });

  it.each<[string, unknown]>([
    ['Documents', { documents: 'all' }],
    ['Settings', { settings: { holdSeconds: 'long' } }],
    ['Kind', { documents: [{ uri: 'file:///x', folder: 'x', kind: 'strange', text: '' }] }],
  ])('Apply_%sOfAnotherType_IsInvalid', async (_, params) => {
    const error = await sidecar.connection.request('workspace/apply', params as ApplyParams).catch((failure: unknown) => failure);
    expect(code(error)).toBe(invalidParams);
    await sidecar.connection.request('workspace/apply', wanted(api));
  });
});

describe('forward', () => {
  it('Diagnose_OfAForwardThatCannotRun_NamesTheFirstBrokenLink', async () => {
    const { ranges } = await sidecar.connection.request('workspace/apply', wanted(api.replace(', "remote_port": 80', '')));
    const diagnosis = await sidecar.connection.request('forward/diagnose', { id: ranges[0]!.id });
    expect(diagnosis).toMatchObject({ alias: 'shop/api', brokenLink: 'configEntry', fault: { kind: 'invalidConfig' } });
    expect(diagnosis.verdict).toContain('remote_port is missing');
    expect(diagnosis.checks.map(({ result }) => result)).toEqual(['fail', ...Array<string>(diagnosis.checks.length - 1).fill('skipped')]);
    expect(diagnosis.markdown).toContain('| Config entry | FAIL |');
  });

  it.each(['forward/retry', 'forward/restart', 'forward/diagnose'] as const)('%s_OfAnUnknownForward_IsRefused', async (method) => {
    await expect(sidecar.connection.request(method, { id: 'nobody' })).rejects.toMatchObject({ code: RpcErrors.unknownForward });
  });

  it.each(['forward/retry', 'forward/restart'] as const)('%s_OfAStoppedForward_IsRefused', async (method) => {
    const id = await idOfApi();
    await expect(sidecar.connection.request(method, { id })).rejects.toMatchObject({ code: RpcErrors.forwardNotRunning });
  });

  it.each(['forward/retry', 'forward/restart'] as const)('%s_OfARunningForward_Answers', async (method) => {
    const id = await idOfApi();
    await sidecar.connection.request('workspace/apply', wanted(api, { enabled: [id] }));
    await sidecar.becomes(id, ({ status }) => status !== 'stopped');
    await expect(sidecar.connection.request(method, { id })).resolves.toBeNull();
  });
});

describe('cluster/browse', () => {
  it('Browse_WithoutAContext_ListsThem', async () => {
    await expect(sidecar.connection.request('cluster/browse', { kubeconfig: [kubeconfig] })).resolves.toMatchObject({ contexts: ['silent', 'other'], currentContext: 'silent' });
  });

  it('Browse_AMissingKubeconfig_SaysSo', async () => {
    const error = await sidecar.connection.request('cluster/browse', { kubeconfig: [path.join(folder, 'nowhere')] }).catch((failure: unknown) => failure);
    expect(code(error)).toBe(RpcErrors.clusterUnavailable);
    expect((error as SidecarRequestError).data).toMatchObject({ kind: 'kubeconfigNotFound' });
  });

  it('Browse_AnUnknownContext_SaysSo', async () => {
    const error = await sidecar.connection.request('cluster/browse', { kubeconfig: [kubeconfig], context: 'nobody' }).catch((failure: unknown) => failure);
    expect(code(error)).toBe(RpcErrors.clusterUnavailable);
    expect((error as SidecarRequestError).data).toMatchObject({ kind: 'contextNotFound' });
  });

  it('Browse_Cancelled_EndsAtOnce', async () => {
    const source = new CancellationTokenSource();
    const before = sockets.size;
    const answer = sidecar.connection.request('cluster/browse', { kubeconfig: [kubeconfig], context: 'silent' }, source.token);
    const ended = expect(answer).rejects.toBeInstanceOf(SidecarCancelledError);
    await expect.poll(() => sockets.size, { timeout: 5000 }).toBeGreaterThan(before);
    source.cancel();
    await ended;
  });
});

describe('log/setLevel', () => {
  it('SetLevel_OffAndBack_FiltersWhatArrives', async () => {
    const linesAboutIt = (): string[] => sidecar.logLines.filter((line) => line.includes('shop/api'));
    const id = await idOfApi();
    await sidecar.connection.request('log/setLevel', { level: 'off' });
    await sidecar.connection.request('workspace/apply', wanted(api, { enabled: [id] }));
    await sidecar.becomes(id, ({ status }) => status !== 'stopped');
    expect(linesAboutIt()).toEqual([]);
    await sidecar.connection.request('log/setLevel', { level: 'trace' });
    await sidecar.connection.request('forward/restart', { id });
    await expect.poll(linesAboutIt, { timeout: 5000 }).not.toEqual([]);
  });

  it('SetLevel_AWordThatIsNone_IsInvalid', async () => {
    await expect(sidecar.connection.request('log/setLevel', { level: 'loud' as 'debug' })).rejects.toMatchObject({ code: invalidParams });
  });
});

it('Request_OfAnUnknownMethod_IsRefused', async () => {
  await expect(sidecar.connection.request('forward/explode' as 'forward/retry', { id: 'x' })).rejects.toMatchObject({ code: methodNotFound });
});
