import { type ForwardStore } from '../model/forwardStore';
import { matchingForwards } from '../model/glob';
import { rowState, type RowState } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type EnabledSet } from '../workspace/enabledSet';
import { type WorkspaceSync } from '../workspace/workspaceSync';

/** What starting and stopping by name takes. */
export interface ForwardControl {
  readonly store: ForwardStore;
  readonly enabled: EnabledSet;
  readonly sync: WorkspaceSync;
}

/** The forwards that patterns name; reads the workspace first if nobody has. */
export async function findForwards({ store, sync }: ForwardControl, patterns: readonly string[]): Promise<readonly ForwardSnapshot[]> {
  if (!sync.hasApplied) {
    const { ranges } = await sync.apply();
    await heardOf(store, [...new Set(ranges.map(({ id }) => id))]);
  }
  return matchingForwards(patterns, store.all);
}

export async function startAndWait({ store, enabled, sync }: ForwardControl, forwards: readonly ForwardSnapshot[], cancelled: AbortSignal): Promise<readonly ForwardSnapshot[]> {
  const ids = forwards.map(({ id }) => id);
  await enabled.add(ids);
  await sync.apply();
  return settled(store, ids, cancelled);
}

export async function stopForwards({ enabled, sync }: ForwardControl, forwards: readonly ForwardSnapshot[]): Promise<void> {
  await enabled.remove(forwards.map(({ id }) => id));
  await sync.apply();
}

/** Resolves when each forward is active, or only the user can help it. What is reconnecting may still come. */
function settled(store: ForwardStore, ids: readonly string[], cancelled: AbortSignal): Promise<readonly ForwardSnapshot[]> {
  return whenever(store, cancelled, () => {
    const snapshots = ids.map((id) => store.get(id)).filter((snapshot) => snapshot !== undefined);
    return snapshots.every((snapshot) => isDecided(snapshot, store.isCurrent(snapshot.id))) ? snapshots : undefined;
  });
}

/** The port answers, whichever window serves it. */
export function isThere(state: RowState): boolean {
  return state === 'active' || state === 'elsewhere';
}

function isDecided(snapshot: ForwardSnapshot, isCurrent: boolean): boolean {
  const state = rowState(snapshot, isCurrent);
  return isThere(state) || state === 'error' || state === 'blocked' || (state === 'degraded' && snapshot.waitingFor === 'user');
}

/** The answer to an apply names forwards; what they are follows as a notification. */
async function heardOf(store: ForwardStore, ids: readonly string[]): Promise<void> {
  await whenever(store, undefined, () => (ids.every((id) => store.get(id)) ? true : undefined));
}

/** Resolves with the first answer; rejects when cancelled. */
function whenever<T>(store: ForwardStore, cancelled: AbortSignal | undefined, look: () => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      const answer = look();
      if (answer !== undefined) {
        end();
        resolve(answer);
      }
    };
    const abort = (): void => {
      end();
      reject(new Error('cancelled'));
    };
    const subscription = store.onDidChangeState(check);
    const end = (): void => {
      subscription.dispose();
      cancelled?.removeEventListener('abort', abort);
    };
    cancelled?.addEventListener('abort', abort);
    check();
  });
}
