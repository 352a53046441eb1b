import { describe, expect, it } from 'vitest';
import { localAddress, localUrl } from '../../../extension/src/model/address';
import { faultReason, shortened } from '../../../extension/src/model/faultReason';
import { presentRow } from '../../../extension/src/model/presentation';
import { rowState, type RowState } from '../../../extension/src/model/rowState';
import { type FaultKind, type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { snapshot, t } from '../support/snapshots';

const fault = (kind: FaultKind, message = 'What happened.') => ({ kind, message });

const rows: [RowState, Partial<ForwardSnapshot>, { description: string; icon: string; label: string }][] = [
  ['stopped', {}, { description: ':8080 → svc/api:8000', icon: 'circle-outline', label: 'shop/api, stopped, local port 8080 to service api port 8000, TCP' }],
  ['starting', { status: 'starting' }, { description: 'starting… · :8080 → svc/api:8000', icon: 'loading~spin', label: 'shop/api, starting, local port 8080 to service api port 8000, TCP' }],
  ['starting', { status: 'starting', fault: fault('relayStarting') }, { description: 'deploying relay… · :8080 → svc/api:8000', icon: 'loading~spin', label: 'shop/api, starting, local port 8080 to service api port 8000, TCP, relay is starting' }],
  ['active', { status: 'active', pods: ['api-1'] }, { description: ':8080 → svc/api:8000', icon: 'circle-filled', label: 'shop/api, active, local port 8080 to service api port 8000, TCP' }],
  ['degraded', { status: 'reconnecting', waitingFor: 'event', fault: fault('noReadyPod') }, { description: 'no ready pod · :8080 → svc/api:8000', icon: 'warning', label: 'shop/api, reconnecting, local port 8080 to service api port 8000, TCP, no ready pod' }],
  ['degraded', { status: 'reconnecting', waitingFor: 'user', fault: fault('unauthorized') }, { description: 'signed out · :8080 → svc/api:8000', icon: 'warning', label: 'shop/api, reconnecting, local port 8080 to service api port 8000, TCP, signed out' }],
  ['reconnecting', { status: 'reconnecting', waitingFor: 'time', fault: fault('serverUnreachable') }, { description: 'reconnecting, cluster unreachable · :8080 → svc/api:8000', icon: 'sync~spin', label: 'shop/api, reconnecting, local port 8080 to service api port 8000, TCP, cluster unreachable' }],
  ['reconnecting', { status: 'reconnecting' }, { description: 'reconnecting · :8080 → svc/api:8000', icon: 'sync~spin', label: 'shop/api, reconnecting, local port 8080 to service api port 8000, TCP' }],
  ['error', { status: 'failed', fault: fault('portInUse') }, { description: 'port 8080 in use · :8080 → svc/api:8000', icon: 'error', label: 'shop/api, error, local port 8080 to service api port 8000, TCP, port 8080 in use' }],
  ['error', { status: 'failed', fault: { ...fault('portInUse'), holder: { address: '127.0.0.1', processId: 4123, name: 'redis-server', isKftray: false } } }, { description: 'port 8080 in use by redis-server · :8080 → svc/api:8000', icon: 'error', label: 'shop/api, error, local port 8080 to service api port 8000, TCP, port 8080 in use by redis-server' }],
  ['elsewhere', { status: 'failed', fault: { ...fault('portInUse'), holder: { address: '127.0.0.1', processId: 5, name: 'kftray-sidecar', isKftray: true, window: 'shop-web' } } }, { description: 'in window "shop-web" · :8080 → svc/api:8000', icon: 'multiple-windows', label: 'shop/api, in another window, local port 8080 to service api port 8000, TCP, in window "shop-web"' }],
  ['blocked', { status: 'blocked', fault: fault('untrustedWorkspace') }, { description: 'trust required · :8080 → svc/api:8000', icon: 'circle-slash', label: 'shop/api, blocked, local port 8080 to service api port 8000, TCP, trust required' }],
];

describe('Row', () => {
  it.each(rows)('Row_%s_%o_ShowsShapeWordAndReason', (state, changes, expected) => {
    const forward = snapshot(changes);
    expect(rowState(forward, true)).toBe(state);
    const row = presentRow(forward, true, 'api', t);
    expect(row).toMatchObject({ label: 'api', description: expected.description, accessibilityLabel: expected.label, contextValue: `forward;${state};tcp;port;kubectl${forward.pods.length > 0 ? ';pod' : ''}` });
    expect(row.icon.id).toBe(expected.icon);
    // Only what is known to work: who else holds the port may forward it to something else.
    expect(row.icon.color === 'charts.green').toBe(state === 'active');
  });

  it('Row_WaitingForItsNextAttempt_CountsDown', () => {
    const forward = snapshot({ status: 'reconnecting', waitingFor: 'time', nextAttemptAt: '2026-01-01T12:00:04Z', fault: fault('serverUnreachable') });
    const at = (time: string) => presentRow(forward, true, 'api', t, { now: Date.parse(time) }).description;
    expect(at('2026-01-01T12:00:00.5Z')).toBe('cluster unreachable, retry in 4 s · :8080 → svc/api:8000');
    expect(at('2026-01-01T12:00:05Z')).toBe('reconnecting, cluster unreachable · :8080 → svc/api:8000');
  });

  it('Row_WithTraffic_ShowsItLast', () => {
    expect(presentRow(snapshot({ status: 'active' }), true, 'api', t, { traffic: '↓ 1 B  ↑ 2 B' }).description).toBe(':8080 → svc/api:8000 · ↓ 1 B  ↑ 2 B');
  });

  it('Row_OfADeadSidecar_IsNotWhatItSaidLast', () => {
    const row = presentRow(snapshot({ status: 'active' }), false, 'api', t);
    expect(row.contextValue).toBe('forward;unknown;tcp;port;kubectl');
    expect(row.icon.color).not.toBe('charts.green');
    expect(row.description).toContain('waiting for the Kftray service');
  });

  it('Row_UdpProxyOnAnotherAddressAtAnyPort_SaysSo', () => {
    const row = presentRow(snapshot({ protocol: 'udp', workloadType: 'proxy', localAddress: '127.0.0.2', localPort: 5353, target: 'dns.internal:53' }), true, 'dns', t);
    expect(row.description).toBe('127.0.0.2:5353 → dns.internal:53 · UDP · proxy');
    expect(presentRow(snapshot({ localPort: 0 }), true, 'api', t).description).toBe('auto → svc/api:8000');
  });

  it('Row_ActiveWithAWarning_SaysItShortly', () => {
    const row = presentRow(snapshot({ status: 'active', warning: 'The server is too old for the fast transport and everything is slower than it could be.' }), true, 'api', t);
    expect(row.description).toMatch(/^The server is too old .*… · :8080/);
    expect(row.description.length).toBeLessThan(70);
  });

  it('Row_WhenTheFileNamesAScheme_OffersTheBrowser', () => {
    expect(presentRow(snapshot({ open: 'http' }), true, 'api', t).contextValue).toBe('forward;stopped;tcp;http;port;kubectl');
  });
});

describe('Fault', () => {
  it('Reason_OfAnUnknownFault_IsItsMessageCutAt40', () => {
    const reason = faultReason(snapshot({ fault: fault('unknown', 'Something nobody has ever seen before happened here.') }), t);
    expect(reason).toBe('Something nobody has ever seen before h…');
    expect(reason).toHaveLength(40);
  });

  it('Shortened_ShortText_StaysAsItIs', () => {
    expect(shortened('no ready pod')).toBe('no ready pod');
  });
});

describe('Address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:8080'],
    ['localhost', '127.0.0.1:8080'],
    ['0.0.0.0', '127.0.0.1:8080'],
    ['127.0.0.5', '127.0.0.5:8080'],
    ['::1', '[::1]:8080'],
    ['::', '[::1]:8080'],
  ])('LocalAddress_%s_IsOneThatCanBeDialled', (address, expected) => {
    expect(localAddress(snapshot({ localAddress: address }))).toBe(expected);
  });

  it.each<[Partial<ForwardSnapshot>, string | undefined]>([
    [{ remotePort: '80' }, 'http://127.0.0.1:8080/'],
    [{ remotePort: 'https' }, 'https://127.0.0.1:8080/'],
    [{ remotePort: '80', open: 'https' }, 'https://127.0.0.1:8080/'],
    [{ remotePort: '5432' }, undefined],
    [{ remotePort: '80', protocol: 'udp' }, undefined],
  ])('LocalUrl_%o_Is_%s', (changes, expected) => {
    expect(localUrl(snapshot(changes))).toBe(expected);
  });
});
