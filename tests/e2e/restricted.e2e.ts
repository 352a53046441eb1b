import { describe, expect, test } from 'vitest';
import { openLab } from './support/steps';
import { isListening } from './support/waiting';

/** A folder nobody has trusted yet: a kubeconfig can run programs, so nothing may happen there. */
describe('a window in Restricted Mode', () => {
  const lab = openLab({ trusted: false, theme: 'light' });

  test('UntrustedFolder_ShowsItsForwardsBlocked_AndStartsNothing', async () => {
    await lab().window.showForwards();
    for (const alias of lab().ports.keys()) {
      await lab().window.becomes(alias, 'blocked');
    }
    await lab().window.statusIcon('lock').waitFor();
    await lab().pictures('14-restricted');

    await lab().window.run('Kftray: Start All Forwards');
    await lab().window.becomes('shop/web', 'blocked');
    for (const port of lab().ports.values()) {
      expect(await isListening(port)).toBe(false);
    }
  });
});
