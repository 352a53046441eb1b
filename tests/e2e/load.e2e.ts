import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { httpGet } from '../../scripts/demo/probes.mjs';
import { openLab } from './support/steps';
import { until } from './support/waiting';

const groups = 20;
const forwardsPerGroup = 10;
const measuredSeconds = 10;

const aliases = Array.from({ length: groups * forwardsPerGroup }, (_, index) => `team${String(Math.floor(index / forwardsPerGroup) + 1).padStart(2, '0')}/service${index % forwardsPerGroup}`);
const forwards = aliases.map((alias, index) => ({ alias, service: index % 2 === 0 ? 'web' : 'orders', local_port: 0, remote_port: 80 }));

/** More forwards than anybody has, with traffic on all of them. */
describe('a workspace with 200 forwards', () => {
  const lab = openLab({ trusted: true, config: JSON.stringify({ version: 1, defaults: { namespace: 'shop' }, forwards }, undefined, 2) });

  test('Traffic_OnAllForwards_KeepsTheTreeUsableAndTheExtensionHostIdle', async () => {
    const { window } = lab();
    await window.showForwards();
    await window.run('Kftray: Start All Forwards');
    await window.statusBecomes(`${aliases.length}/${aliases.length}`, 60_000);
    const stop = new AbortController();
    setMaxListeners(aliases.length, stop.signal);
    const traffic = Promise.all(aliases.map((alias, index) => keepAsking(lab().port(alias), index * 5, stop.signal)));

    // The first seconds are those of rows that get their first figures.
    await delay(5000);
    await window.countRedraws();
    const before = lab().extensionHostMs();
    const began = performance.now();
    await delay(measuredSeconds * 1000);
    const took = performance.now() - began;
    const share = (lab().extensionHostMs() - before) / took;
    const redraws = (await window.redraws()) / (took / 1000);
    console.log(`Extension host ${(share * 100).toFixed(1)} % of a core, ${redraws.toFixed(1)} refreshes a second.`);

    // A hover stays while rows change, and a click does what it says.
    await window.hover(aliases[1]!);
    await delay(3000);
    expect(await window.isHovering()).toBe(true);
    await window.press(aliases[1]!, 'Stop Forward');
    await window.becomes(aliases[1]!, 'stopped');

    stop.abort();
    const answered = await traffic;
    expect(Math.min(...answered)).toBeGreaterThan(0);
    expect(redraws).toBeLessThanOrEqual(4);
    expect(share).toBeLessThan(0.05);
  });

  test('ClosedWindow_LeavesNoProcessBehind', async () => {
    await lab().leave();
    await lab().quit();
    await until('no process is left', () => lab().processes().length === 0, 10_000);
  });
});

/** About one request a second. Resolves to how many were answered. */
async function keepAsking(port: number, offsetMs: number, signal: AbortSignal): Promise<number> {
  let answered = 0;
  try {
    await delay(offsetMs, undefined, { signal });
    while (!signal.aborted) {
      await httpGet('127.0.0.1', port).then(() => answered++, () => undefined);
      await delay(1000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
  return answered;
}
