import { type ForwardStore } from '../model/forwardStore';
import { matchingForwards } from '../model/glob';
import { rowState, type RowState } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type ConnectionSource, type WorkspaceSync } from '../workspace/workspaceSync';
import { type EnabledSet } from '../workspace/enabledSet';

/** The service answers an apply and tells of its forwards at once; nobody waits longer for that. Milliseconds. */
const heardLimitMs = 10_000;

/** What starting and stopping by name takes. */
export interface ForwardControl {
  readonly store: ForwardStore;
  readonly enabled: EnabledSet;
  readonly sync: WorkspaceSync;
  readonly supervisor: ConnectionSource;
}

/** The forwards that patterns name; reads the workspace first if nobody has. */
export async function findForwards(control: Pick<ForwardControl, 'store' | 'enabled' | 'sync'>, patterns: readonly string[]): Promise<readonly ForwardSnapshot[]> {
  const { store, sync } = control;
  if (!sync.hasApplied) {
    await sync.apply();
  }
  await heardOf(control, [...new Set(sync.ranges.map(({ id }) => id))]);
  return matchingForwards(patterns, store.all);
}

/** How long somebody waits for forwards. */
export interface Patience {
  readonly limitMs: number;
  readonly cancelled: AbortSignal;
}

/**
 * Wants the forwards, and waits until nothing more will come of waiting: each is there, was stopped, or only the user can help it. Resolves with
 * how they are then, or when the limit is reached; those that no document defines any more are left out. Rejects when cancelled.
 */
export async function startAndWait(control: ForwardControl, forwards: readonly ForwardSnapshot[], { limitMs, cancelled }: Patience): Promise<readonly ForwardSnapshot[]> {
  const { store, enabled, sync } = control;
  const ids = forwards.map(({ id }) => id);
  // An old failure is no answer: what was wanted already is begun anew, and told of with another time.
  const failures = new Map(store.withIds(ids).flatMap(({ id, since, status }) => (status === 'failed' ? [[id, since]] : [])));
  const isDecided = (snapshot: ForwardSnapshot): boolean => {
    const state = rowState(snapshot, store.isCurrent(snapshot.id));
    switch (state) {
      case 'error':
        return failures.get(snapshot.id) !== snapshot.since;
      case 'stopped':
        return !enabled.has(snapshot.id);
      default:
        return !isUnderWay(snapshot, state);
    }
  };
  await wantForwards(control, ids, () => sync.apply());
  const look = (isLast: boolean): readonly ForwardSnapshot[] | undefined => {
    const snapshots = store.withIds(ids);
    return isLast || snapshots.every(isDecided) ? snapshots : undefined;
  };
  return whenever(control, look, limitMs, cancelled);
}

/** Wants forwards. One that was wanted already and failed begins anew: it has no connections, and its end is told of as a new one. */
export async function wantForwards({ store, enabled, supervisor }: Omit<ForwardControl, 'sync'>, ids: readonly string[], apply: () => Promise<unknown>): Promise<void> {
  const failed = store.withIds(ids).filter((snapshot) => enabled.has(snapshot.id) && rowState(snapshot, store.isCurrent(snapshot.id)) === 'error');
  await enabled.add(ids);
  await apply();
  await requestEach(supervisor, 'forward/restart', failed);
}

/** Starts no service when there is nothing to ask for. */
export async function requestEach(supervisor: ConnectionSource, method: 'forward/restart' | 'forward/retry', forwards: readonly ForwardSnapshot[]): Promise<void> {
  if (forwards.length > 0) {
    const connection = await supervisor.connection();
    await Promise.all(forwards.map(({ id }) => connection.request(method, { id })));
  }
}

export async function stopForwards({ enabled, sync }: ForwardControl, forwards: readonly ForwardSnapshot[]): Promise<void> {
  await enabled.remove(forwards.map(({ id }) => id));
  await sync.apply();
}

/** The port answers, whichever window serves it. */
export function isThere(state: RowState): boolean {
  return state === 'active' || state === 'elsewhere';
}

/** It may still come by itself. */
export function isUnderWay({ waitingFor }: ForwardSnapshot, state: RowState): boolean {
  return state === 'starting' || state === 'reconnecting' || state === 'unknown' || (state === 'degraded' && waitingFor !== 'user');
}

/** The answer to an apply names forwards; what they are follows as a notification. */
export async function heardOf(control: Pick<ForwardControl, 'store' | 'enabled'>, ids: readonly string[]): Promise<void> {
  await whenever(control, (isLast) => (isLast || ids.every((id) => control.store.get(id)) ? true : undefined), heardLimitMs);
}

/** Resolves with the first answer, at the limit with the last; rejects when cancelled. */
function whenever<T>({ store, enabled }: Pick<ForwardControl, 'store' | 'enabled'>, look: (isLast: boolean) => T | undefined, limitMs: number, cancelled?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const check = (isLast: boolean): void => {
      const answer = look(isLast);
      if (answer !== undefined) {
        end();
        resolve(answer);
      }
    };
    const abort = (): void => {
      end();
      reject(new Error('cancelled'));
    };
    const changed = (): void => {
      check(false);
    };
    const subscriptions = [store.onDidChangeState(changed), enabled.onDidChange(changed)];
    const limit = setTimeout(() => {
      check(true);
    }, limitMs);
    const end = (): void => {
      clearTimeout(limit);
      subscriptions.forEach((subscription) => {
        subscription.dispose();
      });
      cancelled?.removeEventListener('abort', abort);
    };
    cancelled?.addEventListener('abort', abort);
    if (cancelled?.aborted) {
      abort();
    } else {
      changed();
    }
  });
}
