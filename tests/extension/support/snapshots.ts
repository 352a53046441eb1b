import { type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';

/** A stopped forward to a service, changed as the test needs it. */
export function snapshot(changes: Partial<ForwardSnapshot> = {}): ForwardSnapshot {
  const alias = changes.alias ?? 'shop/api';
  return {
    id: `shop-web/${alias}`,
    alias,
    source: 'shop-web',
    uri: 'file:///work/shop-web/.vscode/kftray.json',
    line: 4,
    status: 'stopped',
    since: '2026-01-01T12:00:00Z',
    protocol: 'tcp',
    workloadType: 'service',
    target: 'svc/api:8000',
    targetName: 'api',
    remotePort: '8000',
    localAddress: '127.0.0.1',
    localPort: 8080,
    pods: [],
    throughRelay: false,
    attempt: 0,
    reconnects: 0,
    reconnectCauses: [],
    autoStart: false,
    traffic: { bytesIn: 0, bytesOut: 0, openConnections: 0, totalConnections: 0, heldConnections: 0, droppedDatagrams: 0 },
    ...changes,
  };
}

/** English, as the editor's own translation falls back to it. */
export function t(message: string, ...args: (string | number)[]): string {
  return message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)]));
}

/** What the status bar and the groups look at. */
export function storeOf(...all: ForwardSnapshot[]): { all: readonly ForwardSnapshot[]; isCurrent(id: string): boolean } {
  return { all, isCurrent: () => true };
}
