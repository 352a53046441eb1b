import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { rowState } from './rowState';
import { type Snapshots } from './summary';

/** What a report says about the window, besides its forwards. */
export interface DiagnosticSurroundings {
  readonly version: string;
  readonly editor: string;
  readonly platform: string;
  readonly remote: string | undefined;
  readonly service: string;
  readonly trusted: boolean;
  /** Settings that differ from their default. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * A report that can be posted in public: states and kinds of faults, but no address of a server, no context, no path, no name of a pod and no
 * message, because any of them may name what a company keeps to itself.
 */
export function diagnosticInfo(store: Snapshots, around: DiagnosticSurroundings): string {
  const head = {
    Kftray: around.version,
    Editor: around.editor,
    Platform: around.platform,
    Remote: around.remote ?? 'no',
    Service: around.service,
    Trusted: around.trusted ? 'yes' : 'no',
    Settings: Object.keys(around.settings).length === 0 ? 'all default' : JSON.stringify(redacted(around.settings)),
  };
  const rows = store.all.map((snapshot, index) => `| ${index + 1} | ${describe(snapshot, store.isCurrent(snapshot.id)).join(' | ')} |`);
  return [
    ...Object.entries(head).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '| # | State | Kind | Protocol | Transport | Fault | Reconnects | Causes |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function describe(snapshot: ForwardSnapshot, isCurrent: boolean): string[] {
  return [
    rowState(snapshot, isCurrent),
    snapshot.workloadType,
    snapshot.protocol,
    snapshot.transport ?? '',
    snapshot.fault?.kind ?? '',
    String(snapshot.reconnects),
    [...new Set(snapshot.reconnectCauses.map(({ kind }) => kind))].join(', '),
  ];
}

/** Numbers, flags and words of a closed list tell nothing about anybody; free text might. */
function redacted(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const closed = /^(autoStart|localPort\.onConflict|view\.groupBy|statusBar\.visibility|notifications|trace\.server)$/;
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, typeof value === 'number' || typeof value === 'boolean' || closed.test(name) ? value : '(set)']));
}
