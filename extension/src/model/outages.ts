import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { hasWorked, rowState } from './rowState';
import { type Snapshots } from './summary';

/** Forwards that have been without a target for long enough to be worth a word. */
export interface Outage {
  readonly forwards: readonly ForwardSnapshot[];
}

/**
 * Finds outages: one for each incident. An incident begins when the first forward loses its target and ends when all have recovered; what else
 * is lost meanwhile belongs to it.
 */
export class OutageWatch {
  private isTold = false;

  /**
   * @param afterMs How long a forward must have been disconnected; 0 means never to tell.
   * @returns The outage to tell about now, and when to look again, in milliseconds since 1970.
   */
  look(store: Snapshots, afterMs: number, now: number): { readonly outage?: Outage; readonly lookAgainAt?: number } {
    const lost = store.all.filter((snapshot) => isLost(snapshot, store.isCurrent(snapshot.id)));
    if (lost.length === 0) {
      this.isTold = false;
    }
    if (afterMs === 0 || this.isTold || lost.length === 0) {
      return {};
    }
    const due = (snapshot: ForwardSnapshot): number => Date.parse(snapshot.since) + afterMs;
    const forwards = lost.filter((snapshot) => due(snapshot) <= now);
    if (forwards.length === 0) {
      return { lookAgainAt: Math.min(...lost.map(due)) };
    }
    this.isTold = true;
    return { outage: { forwards } };
  }
}

/**
 * One that has never worked since its start is not disconnected: whoever started it has seen so. After an end of the service every forward starts
 * anew, so an incident that goes on is not told again.
 */
function isLost(snapshot: ForwardSnapshot, isCurrent: boolean): boolean {
  const state = rowState(snapshot, isCurrent);
  return (state === 'reconnecting' || state === 'degraded') && hasWorked(snapshot);
}
