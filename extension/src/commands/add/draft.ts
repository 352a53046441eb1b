import { type ClusterNode } from '../../model/clusterNodes';
import { type BrowsePort, type BrowseWorkload, type ForwardSnapshot } from '../../sidecar/protocol.generated';
import { type NewForward } from '../../workspace/configEdits';

/** The answers so far. */
export interface Draft {
  context?: string;
  namespace?: string;
  workload?: BrowseWorkload;
  port?: BrowsePort;
  localPort?: number;
  alias?: string;
  saveTo?: SaveTarget;
}

/** Where the forward is kept: the team's file, the user's own, or this window only. */
export type SaveTarget = 'workspace' | 'user' | 'session';

/** What a row of the clusters says of a forward. */
export function draftOf(argument: unknown): Draft {
  const node = clusterNode(argument);
  switch (node?.kind) {
    case 'context':
      return { context: node.context };
    case 'namespace':
      return { context: node.context, namespace: node.namespace };
    case 'workload': {
      const [only, ...others] = node.workload.ports;
      return { context: node.context, namespace: node.namespace, workload: node.workload, ...(only && others.length === 0 ? { port: only } : {}) };
    }
    case 'port':
      return { context: node.context, namespace: node.namespace, workload: node.workload, port: node.port };
    case 'note':
    case undefined:
      return {};
  }
}

/** The row of the clusters that the editor passes to a command, if it is one. */
export function clusterNode(argument: unknown): ClusterNode | undefined {
  const isNode = typeof argument === 'object' && argument !== null && 'kind' in argument && 'context' in argument;
  return isNode ? (argument as ClusterNode) : undefined;
}

/** Takes the answer over. What was chosen, or suggested, for another target is no answer for this one. */
export function chooseWorkload(draft: Draft, workload: BrowseWorkload): void {
  const { workload: before } = draft;
  if (before && (before.type !== workload.type || workloadLabel(before) !== workloadLabel(workload))) {
    delete draft.port;
    forgetNames(draft);
  }
  draft.workload = workload;
}

/** The same for the remote port. */
export function choosePort(draft: Draft, port: BrowsePort): void {
  if (draft.port && !isSamePort(draft.port, port)) {
    forgetNames(draft);
  }
  draft.port = port;
}

function forgetNames(draft: Draft): void {
  delete draft.localPort;
  delete draft.alias;
}

/** DNS and others have one number for TCP and for UDP: those are two ports. */
export function isSamePort(a: BrowsePort, b: BrowsePort): boolean {
  return a.number === b.number && a.protocol === b.protocol;
}

/** The port of a number that says no protocol: that of TCP when there are both. */
export function portNumbered(ports: readonly BrowsePort[], number: number): BrowsePort {
  const fitting = ports.filter((port) => port.number === number);
  return fitting.find(({ protocol }) => protocol === 'tcp') ?? fitting[0] ?? { number, protocol: 'tcp' };
}

/** What a target is called in a list: a pod by what outlives it. */
export function workloadLabel({ name, selector, owner }: BrowseWorkload): string {
  return owner ?? selector ?? name;
}

/** The remote port when everybody may listen on it, else the usual one above it. */
export function suggestLocalPort(remotePort: number): number {
  return remotePort >= 1024 ? remotePort : 8000 + remotePort;
}

/** The target's name, made unique. */
export function suggestAlias({ workload, port }: Draft, others: readonly ForwardSnapshot[]): string {
  const taken = new Set(others.map(({ alias }) => alias));
  const name = workload ? speakingName(workload) : '';
  const candidates = [name, `${name}-${port?.name ?? port?.number ?? ''}`];
  const free = candidates.find((candidate) => !taken.has(candidate));
  return free ?? Array.from({ length: others.length + 1 }, (_, index) => `${name}-${index + 2}`).find((candidate) => !taken.has(candidate)) ?? name;
}

/** A pod's own name changes with every rollout: that of its owner and the value of its label stay. */
function speakingName({ name, selector, owner }: BrowseWorkload): string {
  return owner?.split('/').at(-1) ?? selector?.split(',')[0]?.split('=').at(-1) ?? name;
}

/** What goes into the document. Undefined while answers are missing. */
export function toForward({ context, namespace, workload, port, localPort, alias }: Draft): NewForward | undefined {
  if (context === undefined || namespace === undefined || !workload || !port || localPort === undefined || alias === undefined) {
    return undefined;
  }
  return { alias, ...targetOf(workload), namespace, context, local_port: localPort, remote_port: port.number, ...(port.protocol === 'udp' ? { protocol: 'udp' as const } : {}) };
}

function targetOf({ type, name, selector }: BrowseWorkload): Pick<NewForward, 'workload_type' | 'service' | 'target' | 'remote_address'> {
  switch (type) {
    case 'pod':
      return selector === undefined ? { workload_type: 'pod', service: name } : { workload_type: 'pod', target: selector };
    case 'proxy':
      return { workload_type: 'proxy', remote_address: name };
    case 'service':
    case 'expose':
      return { service: name };
  }
}
