import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { httpScheme } from './address';
import { kubectlCommand } from './copyAs';
import { faultReason, shortened } from './faultReason';
import { rowState, type RowState } from './rowState';
import { type Translate } from './translate';

/** Ids of a codicon and of a theme colour. */
export interface Icon {
  readonly id: string;
  readonly color?: string;
}

/** All that a row shows without being hovered. Two equal presentations need no refresh. */
export interface RowPresentation {
  readonly label: string;
  readonly description: string;
  readonly icon: Icon;
  /** `forward;<state>;<protocol>[;http][;consent][;signin][;port][;kubectl][;pod]`: what the menus' when-clauses match. */
  readonly contextValue: string;
  readonly accessibilityLabel: string;
}

/** Shape and word carry the state, the colour only repeats it. */
export const rowIcons: Record<RowState, Icon> = {
  stopped: { id: 'circle-outline' },
  starting: { id: 'loading~spin' },
  active: { id: 'circle-filled', color: 'charts.green' },
  degraded: { id: 'warning', color: 'list.warningForeground' },
  reconnecting: { id: 'sync~spin', color: 'list.warningForeground' },
  error: { id: 'error', color: 'list.errorForeground' },
  // Not green: that window may forward the port to something else.
  elsewhere: { id: 'multiple-windows' },
  blocked: { id: 'circle-slash', color: 'disabledForeground' },
  unknown: { id: 'circle-outline', color: 'disabledForeground' },
};

/** What a row shows beyond the state. */
export interface RowExtras {
  /** Milliseconds since 1970: with it a row counts down to the next attempt. */
  readonly now?: number;
  /** How much went through, in words. */
  readonly traffic?: string;
}

/** @param label The alias, less what its group already says. */
export function presentRow(snapshot: ForwardSnapshot, current: boolean, label: string, t: Translate, extras: RowExtras = {}): RowPresentation {
  const state = rowState(snapshot, current);
  return {
    label,
    description: description(snapshot, state, t, extras),
    icon: rowIcons[state],
    contextValue: contextValue(snapshot, state),
    accessibilityLabel: accessibilityLabel(snapshot, state, t),
  };
}

function contextValue(snapshot: ForwardSnapshot, state: RowState): string {
  const { fault, localPort, pods, protocol, throughRelay } = snapshot;
  const facts: readonly (readonly [string, boolean])[] = [
    ['http', httpScheme(snapshot) !== undefined],
    ['consent', fault?.kind === 'consentRequired'],
    ['signin', fault?.kind === 'signInRequired'],
    ['port', localPort !== 0],
    ['kubectl', kubectlCommand(snapshot) !== undefined],
    ['pod', pods.length > 0 && !throughRelay],
  ];
  return ['forward', state, protocol, ...facts.filter(([, holds]) => holds).map(([name]) => name)].join(';');
}

/** The state as a word, the way the status bar's tooltip and screen readers say it. */
export function stateWord(state: RowState, t: Translate): string {
  switch (state) {
    case 'stopped':
      return t('stopped');
    case 'starting':
      return t('starting');
    case 'active':
      return t('active');
    case 'degraded':
    case 'reconnecting':
      return t('reconnecting');
    case 'error':
      return t('error');
    case 'elsewhere':
      return t('in another window');
    case 'blocked':
      return t('blocked');
    case 'unknown':
      return t('waiting for the Kftray service');
  }
}

/** `:8080`, `127.0.0.2:8080`, or `auto` while any free port will do. */
export function shortLocal(snapshot: ForwardSnapshot, t: Translate): string {
  if (snapshot.localPort === 0) {
    return t('auto');
  }
  const isUsual = snapshot.localAddress === '127.0.0.1' || snapshot.localAddress === 'localhost';
  return isUsual ? `:${snapshot.localPort}` : `${snapshot.localAddress}:${snapshot.localPort}`;
}

function description(snapshot: ForwardSnapshot, state: RowState, t: Translate, { now, traffic }: RowExtras): string {
  // What is not as usual goes first: a narrow side bar cuts off the end.
  const reason = abnormality(snapshot, state, t, now);
  const parts = [...(reason ? [reason] : []), `${shortLocal(snapshot, t)} → ${snapshot.target}`];
  if (snapshot.protocol === 'udp') {
    parts.push('UDP');
  }
  if (snapshot.workloadType === 'proxy' || snapshot.workloadType === 'expose') {
    parts.push(snapshot.workloadType);
  }
  if (traffic !== undefined) {
    parts.push(traffic);
  }
  return parts.join(' · ');
}

/** What is not as usual, in at most about 40 characters; undefined for rows that are stopped or active and well. */
function abnormality(snapshot: ForwardSnapshot, state: RowState, t: Translate, now: number | undefined): string | undefined {
  const reason = faultReason(snapshot, t);
  switch (state) {
    case 'stopped':
      return undefined;
    case 'active':
      return snapshot.warning && shortened(snapshot.warning);
    case 'starting':
      return snapshot.fault?.kind === 'relayStarting' ? t('deploying relay…') : t('starting…');
    case 'reconnecting':
      return waiting(snapshot, now, t) ?? (reason ? t('reconnecting, {0}', reason) : t('reconnecting'));
    case 'degraded':
    case 'error':
    case 'blocked':
      return reason ?? stateWord(state, t);
    case 'elsewhere':
      return snapshot.fault?.holder?.window === undefined ? stateWord(state, t) : t('in window "{0}"', snapshot.fault.holder.window);
    case 'unknown':
      return stateWord(state, t);
  }
}

/** A row has no room for both the word and the time; the icon says the word. */
function waiting(snapshot: ForwardSnapshot, now: number | undefined, t: Translate): string | undefined {
  const seconds = now === undefined ? 0 : secondsToNextAttempt(snapshot, now);
  return seconds > 0 ? t('{0}, retry in {1} s', faultReason(snapshot, t) ?? t('reconnecting'), seconds) : undefined;
}

/** Whole seconds, rounded up; 0 when no attempt is ahead. */
export function secondsToNextAttempt({ status, nextAttemptAt }: ForwardSnapshot, now: number): number {
  return status === 'reconnecting' && nextAttemptAt !== undefined ? Math.max(0, Math.ceil((Date.parse(nextAttemptAt) - now) / 1000)) : 0;
}

function accessibilityLabel(snapshot: ForwardSnapshot, state: RowState, t: Translate): string {
  const local = snapshot.localPort === 0 ? t('any local port') : t('local port {0}', snapshot.localPort);
  const parts = [snapshot.alias, stateWord(state, t), `${local} ${targetSentence(snapshot, t)}`, snapshot.protocol.toUpperCase()];
  if (state !== 'stopped' && state !== 'active' && state !== 'unknown') {
    const reason = state === 'elsewhere' ? abnormality(snapshot, state, t, undefined) : faultReason(snapshot, t);
    if (reason) {
      parts.push(reason);
    }
  }
  return parts.join(', ');
}

function targetSentence(snapshot: ForwardSnapshot, t: Translate): string {
  switch (snapshot.workloadType) {
    case 'pod':
      return t('to pod {0} port {1}', snapshot.targetName, snapshot.remotePort);
    case 'proxy':
      return t('through the cluster to {0} port {1}', snapshot.targetName, snapshot.remotePort);
    case 'service':
    case 'expose':
      return t('to service {0} port {1}', snapshot.targetName, snapshot.remotePort);
  }
}
