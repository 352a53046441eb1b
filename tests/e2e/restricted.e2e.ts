import { beforeAll, describe, expect, test } from 'vitest';
import { Lab } from './support/lab';
import { isListening } from './support/waiting';

/** A folder nobody has trusted yet: a kubeconfig can run programs, so nothing may happen there. */
describe('a window in Restricted Mode', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.open({ trusted: false, theme: 'light' });
    return () => lab.close();
  });

  test('UntrustedFolder_ShowsItsForwardsBlocked_AndStartsNothing', async () => {
    await lab.window.showForwards();
    for (const alias of lab.ports.keys()) {
      await lab.window.becomes(alias, 'blocked');
    }
    await lab.window.statusIcon('lock').waitFor();
    await lab.window.screenshot('9-restricted');

    await lab.window.run('Kftray: Start All Forwards');
    await lab.window.becomes('shop/web', 'blocked');
    for (const port of lab.ports.values()) {
      expect(await isListening(port)).toBe(false);
    }
  });
});
