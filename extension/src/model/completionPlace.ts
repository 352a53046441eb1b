import { type Node } from 'jsonc-parser';
import { type BrowseResult } from '../sidecar/protocol.generated';
import { distinctWorkloads } from './clusterNodes';

/** The keys whose values a cluster knows. */
export type ClusterKey = 'context' | 'namespace' | 'service' | 'target' | 'remote_port';

/** Where in a config document a value is being written. */
export interface CompletionPlace {
  readonly key: ClusterKey;
  /** Offsets of what is there already. */
  readonly start: number;
  readonly end: number;
  /** What the forward, or the defaults of its file, say so far. */
  readonly context?: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly target?: string;
  readonly isPod: boolean;
}

const clusterKeys: readonly string[] = ['context', 'namespace', 'service', 'target', 'remote_port'] satisfies ClusterKey[];

/** Undefined where a cluster has nothing to say, and for a forward with a kubeconfig of its own, which may not have been confirmed. */
export async function completionPlace(text: string, offset: number): Promise<CompletionPlace | undefined> {
  const jsonc = await import('jsonc-parser');
  const { path, isAtPropertyKey, previousNode } = jsonc.getLocation(text, offset);
  const key = path.at(-1);
  if (isAtPropertyKey || typeof key !== 'string' || !clusterKeys.includes(key)) {
    return undefined;
  }
  const root = jsonc.parseTree(text, [], { allowTrailingComma: true });
  const parent = root && jsonc.findNodeAtLocation(root, path.slice(0, -1));
  const defaults = root?.type === 'object' ? jsonc.findNodeAtLocation(root, ['defaults']) : undefined;
  const read = (name: string): string | undefined => textOf(jsonc.findNodeAtLocation, parent, name) ?? textOf(jsonc.findNodeAtLocation, defaults, name);
  if ((read('kubeconfig') ?? 'default') !== 'default') {
    return undefined;
  }
  const isOnValue = previousNode !== undefined && previousNode.type !== 'property' && offset >= previousNode.offset && offset <= previousNode.offset + previousNode.length;
  const [context, namespace, service, target] = ['context', 'namespace', 'service', 'target'].map(read);
  return {
    key: key as ClusterKey,
    start: isOnValue ? previousNode.offset : offset,
    end: isOnValue ? previousNode.offset + previousNode.length : offset,
    ...(context === undefined || context === '@current' ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(service === undefined ? {} : { service }),
    ...(target === undefined ? {} : { target }),
    isPod: read('workload_type') === 'pod',
  };
}

function textOf(find: (node: Node, path: string[]) => Node | undefined, node: Node | undefined, key: string): string | undefined {
  const value: unknown = node && find(node, [key])?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A value to offer. */
export interface Suggestion {
  readonly value: string | number;
  readonly detail: string;
}

/** @param browsed The answer for the place's context and, but for `context` and `namespace`, its namespace. */
export function suggestions({ key, service, target, isPod }: CompletionPlace, browsed: BrowseResult): readonly Suggestion[] {
  const workloads = distinctWorkloads(browsed);
  switch (key) {
    case 'context':
      return browsed.contexts.map((value) => ({ value, detail: '' }));
    case 'namespace':
      return browsed.namespaces.map((value) => ({ value, detail: '' }));
    case 'service':
      return workloads.filter(({ type }) => (type === 'pod') === isPod).map(({ name, ports }) => ({ value: name, detail: ports.map(({ number }) => number).join(', ') }));
    case 'target':
      return workloads.flatMap(({ type, selector, owner }) => (type === 'pod' && selector !== undefined ? [{ value: selector, detail: owner ?? '' }] : []));
    case 'remote_port': {
      const fits = workloads.filter((workload) => (isPod ? workload.type === 'pod' && (target === undefined ? workload.name === service : workload.selector === target) : workload.type === 'service' && workload.name === service));
      return fits.flatMap(({ ports }) => ports.map(({ number, name, protocol }) => ({ value: number, detail: [name, protocol.toUpperCase()].filter(Boolean).join(' · ') })));
    }
  }
}
