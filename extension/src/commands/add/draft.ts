import { type BrowsePort, type BrowseResult, type BrowseWorkload, type ForwardSnapshot } from '../../sidecar/protocol.generated';
import { type NewForward } from '../../workspace/configEdits';

/** The answers so far. */
export interface Draft {
  context?: string;
  namespace?: string;
  workload?: BrowseWorkload;
  port?: BrowsePort;
  localPort?: number;
  alias?: string;
  saveForUser?: boolean;
}

/** One row per thing that can be forwarded: pods of one selector are one. */
export function distinctWorkloads({ workloads }: Pick<BrowseResult, 'workloads'>): readonly BrowseWorkload[] {
  const seen = new Set<string>();
  return workloads.filter(({ type, name, selector }) => {
    const key = `${type} ${selector ?? name}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The remote port when everybody may listen on it, else the usual one above it; the next one that no other forward has. */
export function suggestLocalPort(remotePort: number, others: readonly ForwardSnapshot[]): number {
  const taken = new Set(others.map(({ localPort }) => localPort));
  let port = remotePort >= 1024 ? remotePort : 8000 + remotePort;
  while (taken.has(port) && port < 65_535) {
    port++;
  }
  return port;
}

/** The target's name, made unique. */
export function suggestAlias({ workload, port }: Draft, others: readonly ForwardSnapshot[]): string {
  const taken = new Set(others.map(({ alias }) => alias));
  const name = workload ? speakingName(workload) : '';
  const candidates = [name, `${name}-${port?.name ?? port?.number ?? ''}`];
  const free = candidates.find((candidate) => !taken.has(candidate));
  return free ?? Array.from({ length: others.length + 1 }, (_, index) => `${name}-${index + 2}`).find((candidate) => !taken.has(candidate)) ?? name;
}

/** A pod's own name changes with every rollout: the value of its label stays. */
function speakingName({ name, selector }: BrowseWorkload): string {
  return selector?.split(',')[0]?.split('=').at(-1) ?? name;
}

/** What goes into the document. Undefined while answers are missing. */
export function toForward({ context, namespace, workload, port, localPort, alias }: Draft): NewForward | undefined {
  if (context === undefined || namespace === undefined || !workload || !port || localPort === undefined || alias === undefined) {
    return undefined;
  }
  const target = workload.type !== 'pod' ? { service: workload.name } : workload.selector === undefined ? { workload_type: 'pod' as const, service: workload.name } : { workload_type: 'pod' as const, target: workload.selector };
  return { alias, ...target, namespace, context, local_port: localPort, remote_port: port.number, ...(port.protocol === 'udp' ? { protocol: 'udp' as const } : {}) };
}
