import { type BrowsePort, type BrowseResult, type BrowseWorkload } from '../sidecar/protocol.generated';
import { type Icon } from './presentation';
import { type Translate } from './translate';

/** A row of the Clusters view by what it stands for. */
export type ClusterNode = ContextNode | NamespaceNode | WorkloadNode | PortNode | NoteNode;

export interface ContextNode {
  readonly kind: 'context';
  readonly context: string;
  readonly isCurrent: boolean;
}

export interface NamespaceNode {
  readonly kind: 'namespace';
  readonly context: string;
  readonly namespace: string;
  /** The one that the context names. */
  readonly isDefault: boolean;
}

export interface WorkloadNode {
  readonly kind: 'workload';
  readonly context: string;
  readonly namespace: string;
  readonly workload: BrowseWorkload;
}

export interface PortNode extends Omit<WorkloadNode, 'kind'> {
  readonly kind: 'port';
  readonly port: BrowsePort;
}

/** A sentence where there are no rows: nothing there, or why it could not be asked. */
export interface NoteNode {
  readonly kind: 'note';
  readonly parent: string;
  readonly text: string;
  readonly isProblem: boolean;
}

export interface ClusterRow {
  /** Stable across refreshes, so that expansion survives them. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: Icon;
  /** `cluster;<kind>[;annotated]`: what the menus' when-clauses match. */
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly isLeaf: boolean;
}

export function contextNodes({ contexts, currentContext }: BrowseResult): readonly ContextNode[] {
  return contexts.map((context) => ({ kind: 'context', context, isCurrent: context === currentContext }));
}

export function namespaceNodes(context: string, { namespaces, defaultNamespace }: BrowseResult): readonly NamespaceNode[] {
  return namespaces.map((namespace) => ({ kind: 'namespace', context, namespace, isDefault: namespace === (defaultNamespace ?? 'default') }));
}

/** Services first, then what runs in pods. */
export function workloadNodes({ context, namespace }: NamespaceNode, result: BrowseResult): readonly WorkloadNode[] {
  return distinctWorkloads(result).map((workload) => ({ kind: 'workload', context, namespace, workload }));
}

export function portNodes({ context, namespace, workload }: WorkloadNode): readonly PortNode[] {
  return workload.ports.map((port) => ({ kind: 'port', context, namespace, workload, port }));
}

/** One for each thing that can be forwarded: the pods of one owner, or else of one selector, are one. */
export function distinctWorkloads({ workloads }: Pick<BrowseResult, 'workloads'>): readonly BrowseWorkload[] {
  const seen = new Set<string>();
  return workloads.filter(({ type, name, selector, owner }) => {
    const key = `${type} ${owner ?? selector ?? name}`;
    return !seen.has(key) && seen.add(key);
  });
}

export function clusterRow(node: ClusterNode, t: Translate): ClusterRow {
  switch (node.kind) {
    case 'context':
      return row(`c:${node.context}`, node.context, node.isCurrent ? t('current') : '', { id: 'cloud' }, 'context', node.isCurrent ? t('cluster {0}, current', node.context) : t('cluster {0}', node.context));
    case 'namespace':
      return row(`n:${node.context}:${node.namespace}`, node.namespace, node.isDefault ? t('default') : '', { id: 'symbol-namespace' }, 'namespace', node.isDefault ? t('namespace {0}, default', node.namespace) : t('namespace {0}', node.namespace));
    case 'workload':
      return workloadRow(node, t);
    case 'port':
      return { ...row(`${workloadId(node)}:${node.port.number}/${node.port.protocol}`, String(node.port.number), [node.port.name, node.port.protocol.toUpperCase()].filter(Boolean).join(' · '), { id: 'plug' }, 'port', t('port {0} {1}', node.port.number, node.port.protocol.toUpperCase())), isLeaf: true };
    case 'note':
      return { ...row(`note:${node.parent}`, node.text, '', { id: node.isProblem ? 'warning' : 'info' }, 'note', node.text), isLeaf: true };
  }
}

function workloadRow(node: WorkloadNode, t: Translate): ClusterRow {
  const { workload } = node;
  const ports = workload.ports.map(({ number }) => number).join(', ');
  const isService = workload.type === 'service';
  const [kind, name] = workload.owner?.split('/') ?? ['pod', workload.selector ?? workload.name];
  const annotated = workload.annotated ? [t('annotated for Kftray')] : [];
  const label = isService ? workload.name : (name ?? workload.name);
  const description = [...(isService ? [] : [kind]), ports, ...annotated].filter(Boolean).join(' · ');
  const spoken = isService ? t('service {0}', label) : `${kind ?? ''} ${label}`;
  const type = isService ? 'service' : 'pods';
  return {
    ...row(workloadId(node), label, description, { id: isService ? 'globe' : 'package' }, workload.annotated ? `${type};annotated` : type, [spoken, ports === '' ? t('no ports') : t('ports {0}', ports), ...annotated].join(', ')),
    isLeaf: workload.ports.length === 0,
  };
}

function workloadId({ context, namespace, workload }: Omit<WorkloadNode, 'kind'>): string {
  return `w:${context}:${namespace}:${workload.type}:${workload.owner ?? workload.selector ?? workload.name}`;
}

function row(id: string, label: string, description: string, icon: Icon, kind: string, spoken: string): ClusterRow {
  return { id, label, description, icon, contextValue: `cluster;${kind}`, accessibilityLabel: spoken, isLeaf: false };
}
