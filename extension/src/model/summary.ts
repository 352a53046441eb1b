import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { escapeMarkdown } from './markdown';
import { rowIcons, shortLocal, stateWord } from './presentation';
import { hasWorked, isWanted, needsUser, rowState, type RowState } from './rowState';
import { type Translate } from './translate';

/** How the sidecar's process fares. `idle` until it is needed first. */
export type ServiceStatus = 'idle' | 'starting' | 'ready' | 'restarting' | 'down';

/** One pass over all forwards: what the status bar, the badge and the context keys say. */
export interface Summary {
  readonly total: number;
  readonly active: number;
  /** Wanted, whether or not they run. */
  readonly wanted: number;
  /** Could be started. */
  readonly stopped: number;
  /** State `failed`. */
  readonly failed: number;
  /** Failed, or waiting for something that only the user can do. */
  readonly needsUser: number;
  /** Starting, or reconnecting for long enough to be worth telling. */
  readonly busy: number;
  /** Were active a moment ago, and reconnect for too short a time to be worth telling. */
  readonly unnoticed: number;
  /** When another reconnecting forward will be worth telling, in milliseconds since 1970. */
  readonly nextBusyAt: number | undefined;
}

/** A hiccup shorter than this, in milliseconds, is nobody's concern. */
const unnoticedReconnectMs = 2000;

interface Row {
  readonly snapshot: ForwardSnapshot;
  readonly state: RowState;
}

export interface Snapshots {
  readonly all: readonly ForwardSnapshot[];
  isCurrent(id: string): boolean;
}

export function summarize(store: Snapshots, now: number): Summary {
  const rows = rowsOf(store);
  const count = (predicate: (row: Row) => boolean): number => rows.filter(predicate).length;
  const noticedAt = ({ snapshot }: Row): number => Date.parse(snapshot.since) + unnoticedReconnectMs;
  const reconnecting = rows.filter(({ state }) => state === 'reconnecting' || state === 'degraded');
  const unnoticed = reconnecting.filter((row) => noticedAt(row) > now);
  return {
    total: rows.length,
    active: count(({ state }) => state === 'active'),
    wanted: count(({ state }) => isWanted(state)),
    stopped: count(({ state }) => state === 'stopped'),
    failed: count(({ state }) => state === 'error'),
    needsUser: count(({ snapshot, state }) => needsUser(snapshot, state)),
    busy: count(({ state }) => state === 'starting') + reconnecting.length - unnoticed.length,
    unnoticed: unnoticed.filter(({ snapshot }) => hasWorked(snapshot)).length,
    nextBusyAt: unnoticed.length > 0 ? Math.min(...unnoticed.map(noticedAt)) : undefined,
  };
}

/** Description of a group or source row: `2/3`, `2/3, 1 failed`. */
export function groupDescription(summary: Summary, t: Translate): string {
  const share = `${summary.active}/${summary.total}`;
  return summary.failed > 0 ? t('{0}, {1} failed', share, summary.failed) : share;
}

/** The same as it is spoken, with the row's name: `shop, 2 of 3 active, 1 failed`. */
export function groupSentence(label: string, { active, total, failed }: Summary, t: Translate): string {
  const sentence = t('{0}, {1} of {2} active', label, active, total);
  return failed > 0 ? t('{0}, {1} failed', sentence, failed) : sentence;
}

export interface StatusBarPresentation {
  readonly text: string;
  readonly accessibilityLabel: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly background: 'none' | 'warning' | 'error';
}

export interface StatusBarSurroundings {
  readonly service: ServiceStatus;
  readonly trusted: boolean;
  readonly visibility: 'auto' | 'always' | 'never';
  readonly highlightProblems: boolean;
}

const longestList = 10;

/** Undefined: the item is hidden. */
export function presentStatusBar(store: Snapshots, summary: Summary, around: StatusBarSurroundings, t: Translate): StatusBarPresentation | undefined {
  const { total } = summary;
  // A hiccup takes nothing off the number: it would only flicker.
  const active = summary.active + summary.unnoticed;
  if (around.visibility === 'never') {
    return undefined;
  }
  if (around.service === 'down') {
    const label = t('Kftray: the service is not running');
    return { text: '$(error) Kftray', accessibilityLabel: label, tooltip: escapeMarkdown(label), background: 'error' };
  }
  if (around.service === 'starting' && total === 0) {
    const label = t('Kftray: the service is starting');
    return { text: '$(loading~spin) Kftray', accessibilityLabel: label, tooltip: escapeMarkdown(label), background: 'none' };
  }
  if (total === 0 && around.visibility === 'auto') {
    return undefined;
  }

  const attention = summary.needsUser > 0;
  const icon = summary.busy > 0 || around.service === 'restarting' ? 'sync~spin' : 'plug';
  const suffix = attention ? ` $(error) ${summary.needsUser}` : around.trusted ? '' : ' $(lock)';
  const sentences = [
    t('Kftray: {0} of {1} port forwards active', active, total),
    ...(summary.busy > 0 ? [t('{0} starting or reconnecting', summary.busy)] : []),
    ...(attention ? [summary.needsUser === 1 ? t('1 needs attention') : t('{0} need attention', summary.needsUser)] : []),
    ...(around.trusted ? [] : [t('the workspace is not trusted')]),
  ];
  return {
    text: `$(${icon}) ${active}/${total}${suffix}`,
    accessibilityLabel: sentences.join(', '),
    tooltip: list(store, t),
    background: attention && around.highlightProblems ? 'warning' : 'none',
  };
}

function list(store: Snapshots, t: Translate): string {
  const rows = rowsOf(store);
  const lines = rows.slice(0, longestList).map(({ snapshot, state }) => {
    const icon = rowIcons[state].id.replace('~spin', '');
    return `$(${icon}) ${escapeMarkdown(snapshot.alias)} ${escapeMarkdown(shortLocal(snapshot, t))} — ${stateWord(state, t)}`;
  });
  if (rows.length > longestList) {
    lines.push(t('and {0} more', rows.length - longestList));
  }
  return [`**${t('Kftray Port Forwards')}**`, ...lines].join('\n\n');
}

function rowsOf(store: Snapshots): readonly Row[] {
  return store.all.map((snapshot) => ({ snapshot, state: rowState(snapshot, store.isCurrent(snapshot.id)) }));
}
