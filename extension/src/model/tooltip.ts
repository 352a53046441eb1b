import { type ForwardSnapshot, type Traffic } from '../sidecar/protocol.generated';
import { httpScheme, localAddress } from './address';
import { codeSpan, escapeMarkdown } from './markdown';
import { rowState } from './rowState';
import { stateWord } from './presentation';
import { type Translate } from './translate';

/** What the tooltip needs to know besides the snapshot. */
export interface TooltipSurroundings {
  readonly current: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The definition's document as people name it, such as `.vscode/kftray.json`. */
  readonly documentName: string;
  /** Set in a remote window: the name of the machine where the listeners are. */
  readonly machine?: string;
}

/** Commands that the tooltip's links may run. */
export const tooltipCommands = ['kftray.openInBrowser', 'kftray.copyAddress', 'kftray.diagnose', 'kftray.revealInConfig', 'kftray.showLog'] as const;

/** Markdown. Every string from a config or a cluster is escaped. */
export function forwardTooltip(snapshot: ForwardSnapshot, around: TooltipSurroundings, t: Translate): string {
  const state = rowState(snapshot, around.current);
  const word = stateWord(state, t);
  const heading = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  const age = duration(around.now - Date.parse(snapshot.since), t);
  const lines = [`**${escapeMarkdown(snapshot.alias)}** — ${state === 'active' ? t('{0} for {1}', heading, age) : heading}`];

  if (snapshot.fault && state !== 'active') {
    lines.push(escapeMarkdown([snapshot.fault.message, snapshot.fault.hint ?? ''].join(' ').trim()));
  }
  if (snapshot.warning) {
    lines.push(escapeMarkdown(snapshot.warning));
  }
  if (snapshot.nextAttemptAt !== undefined && (state === 'reconnecting' || state === 'degraded')) {
    const wait = Math.max(0, Date.parse(snapshot.nextAttemptAt) - around.now);
    lines.push(t('Attempt {0} in {1}.', snapshot.attempt + 1, duration(wait, t)));
  }

  const pods = snapshot.pods.length === 0 ? '' : ` (${podsWord(snapshot, t)} ${snapshot.pods.map(codeSpan).join(', ')})`;
  lines.push(`${codeSpan(snapshot.localPort === 0 ? `${snapshot.localAddress}:${t('auto')}` : localAddress(snapshot))} → ${codeSpan(snapshot.target)}${pods}`);
  lines.push(table(rows(snapshot, around, t)));
  if (around.machine !== undefined) {
    const udp = snapshot.protocol === 'udp' ? ` ${t('UDP is reachable only there.')}` : '';
    lines.push(`${t('Listens on {0}.', escapeMarkdown(around.machine))}${udp}`);
  }
  lines.push(links(snapshot, state === 'active', t));
  return lines.join('\n\n');
}

function podsWord({ pods, throughRelay }: ForwardSnapshot, t: Translate): string {
  if (throughRelay) {
    return pods.length === 1 ? t('through relay') : t('through relays');
  }
  return pods.length === 1 ? t('pod') : t('pods');
}

function rows(snapshot: ForwardSnapshot, around: TooltipSurroundings, t: Translate): [string, string][] {
  const { openConnections, totalConnections, heldConnections, droppedDatagrams } = snapshot.traffic;
  const connections = t('{0} open, {1} total', openConnections, totalConnections) + (heldConnections > 0 ? `, ${t('{0} held', heldConnections)}` : '');
  const result: [string, string][] = [];
  if (snapshot.context !== undefined) {
    result.push([t('Context'), escapeMarkdown(snapshot.context)]);
  }
  if (snapshot.namespace !== undefined) {
    result.push([t('Namespace'), escapeMarkdown(snapshot.namespace)]);
  }
  result.push([t('Protocol'), snapshot.protocol.toUpperCase() + (snapshot.transport ? ` (${escapeMarkdown(snapshot.transport)})` : '')]);
  if (snapshot.pingMilliseconds !== undefined) {
    result.push([t('Ping'), t('{0} ms', Math.max(1, Math.round(snapshot.pingMilliseconds)))]);
  }
  result.push([t('Source'), escapeMarkdown(`${around.documentName}:${snapshot.line + 1}`)]);
  if (totalConnections > 0) {
    result.push([t('Traffic'), `${trafficText(snapshot.traffic)} · ${connections}`]);
  }
  if (droppedDatagrams > 0) {
    result.push([t('Dropped'), t('{0} datagrams', droppedDatagrams)]);
  }
  if (snapshot.reconnects > 0) {
    const causes = snapshot.reconnectCauses.map(({ at, message }) => t('{0} ago: {1}', duration(around.now - Date.parse(at), t), escapeMarkdown(message)));
    result.push([t('Reconnects'), [String(snapshot.reconnects), ...causes].join(' · ')]);
  }
  return result;
}

function table(cells: [string, string][]): string {
  return ['| | |', '|:--|:--|', ...cells.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function links(snapshot: ForwardSnapshot, isActive: boolean, t: Translate): string {
  // A parenthesis would end the link.
  const argument = encodeURIComponent(JSON.stringify([snapshot.id])).replaceAll('(', '%28').replaceAll(')', '%29');
  const link = (icon: string, title: string, command: (typeof tooltipCommands)[number]): string => `[$(${icon}) ${title}](command:${command}?${argument})`;
  return [
    ...(isActive && httpScheme(snapshot) ? [link('globe', t('Open'), 'kftray.openInBrowser')] : []),
    ...(isActive ? [link('copy', t('Copy'), 'kftray.copyAddress')] : []),
    link('pulse', t('Diagnose'), 'kftray.diagnose'),
    link('go-to-file', t('Definition'), 'kftray.revealInConfig'),
    link('output', t('Log'), 'kftray.showLog'),
  ].join(' · ');
}

/** `12 min`, with the two steps of precision that a glance needs. */
export function duration(milliseconds: number, t: Translate): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) {
    return t('{0} s', seconds);
  }
  if (seconds < 3600) {
    return t('{0} min', Math.floor(seconds / 60));
  }
  const hours = Math.floor(seconds / 3600);
  return hours < 48 ? t('{0} h {1} min', hours, Math.floor((seconds % 3600) / 60)) : t('{0} days', Math.floor(hours / 24));
}

/** `↓ 1.2 MB  ↑ 84 kB` */
export function trafficText({ bytesIn, bytesOut }: Traffic): string {
  return `↓ ${byteCount(bytesIn)}  ↑ ${byteCount(bytesOut)}`;
}

/** `1.2 MB`: powers of 1000, as file managers and browsers count. */
export function byteCount(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
