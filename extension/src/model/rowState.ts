import { type ForwardSnapshot } from '../sidecar/protocol.generated';

/**
 * What a row can look like. The sidecar's states in the editor's words: `reconnecting` is `degraded` while it waits for a ready pod or for
 * the user, `failed` is `error`, or `elsewhere` when another window has the port, and `unknown` is the time between a sidecar's end and its successor's first word.
 */
export type RowState = 'stopped' | 'starting' | 'active' | 'degraded' | 'reconnecting' | 'error' | 'elsewhere' | 'blocked' | 'unknown';

export function rowState(snapshot: ForwardSnapshot, current: boolean): RowState {
  if (!current) {
    return 'unknown';
  }
  switch (snapshot.status) {
    case 'failed':
      return snapshot.fault?.holder?.isKftray ? 'elsewhere' : 'error';
    case 'reconnecting':
      return snapshot.waitingFor === 'event' || snapshot.waitingFor === 'user' ? 'degraded' : 'reconnecting';
    default:
      return snapshot.status;
  }
}

/** True when the user wants it to run, whether or not it does. */
export function isWanted(state: RowState): boolean {
  return state !== 'stopped' && state !== 'blocked' && state !== 'unknown';
}

/** True where *Start* does something: a failed forward is tried again. */
export function canStart(state: RowState): boolean {
  return state === 'stopped' || state === 'error';
}

/** True when it was active since it was last started, whatever it is now. */
export function hasWorked({ status, reconnects }: ForwardSnapshot): boolean {
  return status === 'active' || reconnects > 0;
}

/** True when only the user can mend it. */
export function needsUser(snapshot: ForwardSnapshot, state: RowState): boolean {
  return state === 'error' || (state === 'degraded' && snapshot.waitingFor === 'user');
}
