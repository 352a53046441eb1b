import { describe, expect, it } from 'vitest';
import { relayItem } from '../../../extension/src/commands/relays';
import { type RelayInfo } from '../../../extension/src/sidecar/protocol.generated';

const relay: RelayInfo = { context: 'demo', namespace: 'shop', name: 'kftray-relay-1', uid: 'u', target: 'udp dns.shop.svc:53', use: 'orphaned' };

describe('Relays', () => {
  it('Relay_ThatNobodyNeeds_IsPickedAlready', () => {
    expect(relayItem(relay)).toMatchObject({ label: 'udp dns.shop.svc:53', description: 'nobody needs it', detail: 'demo · shop/kftray-relay-1', picked: true, relay });
  });

  it.each(['inUse', 'inUseElsewhere', 'desktopApp'] as const)('Relay_%s_IsForTheUserToPick', (use) => {
    expect(relayItem({ ...relay, use }).picked).toBe(false);
  });

  it('Relay_OfTheDesktopApp_IsCalledByItsName', () => {
    expect(relayItem({ ...relay, target: '', use: 'desktopApp' }).label).toBe('kftray-relay-1');
  });
});
