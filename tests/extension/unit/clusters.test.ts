import { beforeEach, describe, expect, it } from 'vitest';
import { draftOf, portNumbered, suggestAlias, toForward } from '../../../extension/src/commands/add/draft';
import { type ClusterNode, clusterRow, contextNodes, distinctWorkloads, namespaceNodes, portNodes, workloadNodes } from '../../../extension/src/model/clusterNodes';
import { Settings } from '../../../extension/src/settings';
import { type BrowseParams, type BrowseResult, type BrowseWorkload } from '../../../extension/src/sidecar/protocol.generated';
import { type SidecarSupervisor } from '../../../extension/src/sidecar/supervisor';
import { ClusterTree } from '../../../extension/src/views/clusterTree';
import { changeSetting, workspace } from '../support/fakeVscode';
import { t } from '../support/snapshots';

const nothing: BrowseResult = { contexts: [], namespaces: [], workloads: [] };
const service: BrowseWorkload = { type: 'service', name: 'api', ports: [{ name: 'http', number: 80, protocol: 'tcp' }], annotated: [{ alias: 'shop/api', localPort: 8080, remotePort: 'http' }] };
const pod = (name: string): BrowseWorkload => ({ type: 'pod', name, selector: 'app=web', owner: 'deployment/web', ports: [{ number: 8080, protocol: 'tcp' }, { number: 53, protocol: 'udp' }] });
const shop = { kind: 'namespace' as const, context: 'kind', namespace: 'shop', isDefault: true };
const workloads = workloadNodes(shop, { ...nothing, workloads: [service, pod('web-1'), pod('web-2')] });

describe('Rows', () => {
  it('Workloads_ServicesAndOwners_AreOneEach', () => {
    expect(distinctWorkloads({ workloads: [service, pod('web-1'), pod('web-2')] })).toHaveLength(2);
    expect(workloads.map((node) => clusterRow(node, t))).toMatchObject([
      { label: 'api', description: '80 · annotated for Kftray', contextValue: 'cluster;service;annotated', accessibilityLabel: 'service api, ports 80, annotated for Kftray' },
      { label: 'web', description: 'deployment · 8080, 53', contextValue: 'cluster;pods', isLeaf: false },
    ]);
  });

  it('Rows_OfEveryKind_SayWhatTheyAre', () => {
    const nodes: ClusterNode[] = [
      ...contextNodes({ ...nothing, contexts: ['a', 'b'], currentContext: 'b' }),
      ...namespaceNodes('b', { ...nothing, namespaces: ['default', 'shop'] }),
      ...portNodes(workloads[1]!).slice(1),
      { kind: 'note', parent: 'x', text: 'The server is away.', isProblem: true },
    ];
    expect(nodes.map((node) => clusterRow(node, t)).map(({ label, description, accessibilityLabel, isLeaf }) => [label, description, accessibilityLabel, isLeaf])).toEqual([
      ['a', '', 'cluster a', false],
      ['b', 'current', 'cluster b, current', false],
      ['default', 'default', 'namespace default, default', false],
      ['shop', '', 'namespace shop', false],
      ['53', 'UDP', 'port 53 UDP', true],
      ['The server is away.', '', 'The server is away.', true],
    ]);
  });

  it('Rows_Ids_AreUnique', () => {
    const ids = [...workloads, ...workloads.flatMap((node) => portNodes(node))].map((node) => clusterRow(node, t).id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('Draft', () => {
  it('Draft_OfAPort_LeavesOnlyLocalPortAndAliasToAsk', () => {
    const draft = draftOf(portNodes(workloads[1]!)[0]);
    expect(toForward({ ...draft, localPort: 8080, alias: 'web' })).toEqual({
      alias: 'web', workload_type: 'pod', target: 'app=web', namespace: 'shop', context: 'kind', local_port: 8080, remote_port: 8080,
    });
    expect(suggestAlias(draft, [])).toBe('web');
  });

  it('Draft_OfAServiceWithOnePort_KnowsThePort', () => {
    expect(draftOf(workloads[0])).toMatchObject({ context: 'kind', namespace: 'shop', port: { number: 80 } });
    expect(draftOf(workloads[1]).port).toBeUndefined();
  });

  it('Port_OfANumberThatIsTcpAndUdp_IsTheTcpOne', () => {
    const ports = [{ name: 'dns', number: 53, protocol: 'udp' as const }, { name: 'dns-tcp', number: 53, protocol: 'tcp' as const }, { number: 54, protocol: 'udp' as const }];
    expect([53, 54, 55].map((number) => portNumbered(ports, number).protocol)).toEqual(['tcp', 'udp', 'tcp']);
  });

  it('Draft_OfNothing_IsEmpty', () => {
    expect(draftOf(undefined)).toEqual({});
    expect(draftOf({ kind: 'forward', id: 'x' })).toEqual({});
  });

  it('Forward_ThroughTheCluster_NamesTheHost', () => {
    const draft = { context: 'kind', namespace: 'shop', workload: { type: 'proxy' as const, name: 'db.internal', ports: [] }, port: { number: 5432, protocol: 'tcp' as const }, localPort: 5432, alias: 'db' };
    expect(toForward(draft)).toMatchObject({ workload_type: 'proxy', remote_address: 'db.internal' });
  });
});

describe('Tree', () => {
  const asked: BrowseParams[] = [];
  let answer: (params: BrowseParams) => Promise<BrowseResult>;
  const supervisor = {
    connection: () => Promise.resolve({ request: (_: string, params: BrowseParams) => (asked.push(params), answer(params)) }),
  } as unknown as SidecarSupervisor;

  beforeEach(() => {
    asked.length = 0;
    workspace.isTrusted = true;
    answer = () => Promise.resolve({ ...nothing, contexts: ['kind'], namespaces: ['shop'], workloads: [service] });
  });

  it('Tree_BeforeAnythingIsExpanded_AsksNothing', () => {
    new ClusterTree({ supervisor, settings: new Settings() });
    expect(asked).toEqual([]);
  });

  it('Tree_OtherSettingsThanTheKubeconfig_AskNothingAgain', () => {
    const tree = new ClusterTree({ supervisor, settings: new Settings() });
    let refreshes = 0;
    tree.onDidChangeTreeData(() => refreshes++);
    changeSetting('kftray.view.groupBy', 'none');
    expect(refreshes).toBe(0);
    changeSetting('kftray.kubeconfig', []);
    expect(refreshes).toBe(1);
  });

  it('Tree_EachLevel_AsksForItsOwn', async () => {
    const tree = new ClusterTree({ supervisor, settings: new Settings() });
    const [context] = await tree.getChildren();
    const [namespace] = await tree.getChildren(context);
    const [workload] = await tree.getChildren(namespace);
    const [port] = await tree.getChildren(workload);
    expect(asked).toEqual([{}, { context: 'kind' }, { context: 'kind', namespace: 'shop' }]);
    expect(port).toMatchObject({ kind: 'port', port: { number: 80 } });
  });

  it('Tree_WhenTheClusterRefuses_SaysSoOnARow', async () => {
    answer = () => Promise.reject(new Error('The server is away.'));
    const [note] = await new ClusterTree({ supervisor, settings: new Settings() }).getChildren({ kind: 'context', context: 'kind', isCurrent: true });
    expect(note).toMatchObject({ kind: 'note', text: 'The server is away.', isProblem: true });
  });

  it('Tree_InRestrictedMode_AsksNothing', async () => {
    workspace.isTrusted = false;
    expect(await new ClusterTree({ supervisor, settings: new Settings() }).getChildren()).toEqual([]);
    expect(asked).toEqual([]);
  });
});
