import { describe, expect, test } from 'vitest';
import { httpGet } from '../../scripts/demo/probes.mjs';
import { openLab } from './support/steps';
import { isListening, until } from './support/waiting';

/** What a person does with a workspace of forwards, in one window: each step goes on where the last one ended. */
describe('a workspace with forwards', () => {
  const lab = openLab({ trusted: true });

  const answerOf = async (alias: string): Promise<string> => (await httpGet('127.0.0.1', lab().port(alias))).body;

  test('OpenFolder_ShowsItsForwardsStopped', async () => {
    await lab().window.showForwards();
    for (const alias of lab().ports.keys()) {
      await lab().window.becomes(alias, 'stopped');
    }
    await lab().window.statusBecomes(`0/${lab().ports.size}`);
    for (const port of lab().ports.values()) {
      expect(await isListening(port)).toBe(false);
    }
    await lab().window.screenshot('1-stopped');
  });

  test('Start_MakesTheRowAndTheStatusBarActive', async () => {
    await lab().window.press('shop/orders', 'Start Forward');
    await lab().window.becomes('shop/orders', 'active');
    await lab().window.statusBecomes(`1/${lab().ports.size}`);
    await lab().window.screenshot('2-active');
  });

  test('Request_ThroughTheLocalPort_IsAnsweredByThePod', async () => {
    expect(await answerOf('shop/orders')).toContain(await lab().pod('orders'));
  });

  test('StartAll_MakesEveryRowActive', async () => {
    await lab().window.run('Kftray: Start All Forwards');
    for (const alias of lab().ports.keys()) {
      await lab().window.becomes(alias, 'active');
    }
    await lab().window.statusBecomes(`${lab().ports.size}/${lab().ports.size}`);
    await lab().window.screenshot('3-all-active');
  });

  test('PodReplaced_ShowsReconnecting_ThenAnswersFromTheNextPod', async () => {
    const old = await lab().pod('orders');
    // Long enough to be seen, and for the status bar to mention it.
    await lab().setPodStart(5000);
    await lab().deletePod(old);

    await lab().window.becomes('shop/orders', 'reconnecting');
    // The status bar keeps a hiccup of two seconds to itself.
    await lab().window.statusIcon('sync').waitFor();
    await lab().window.screenshot('4-reconnecting');
    // Sent while nothing can answer: it is held for the next pod.
    const held = await answerOf('shop/orders');

    await lab().window.becomes('shop/orders', 'active');
    await lab().window.statusBecomes(`${lab().ports.size}/${lab().ports.size}`);
    expect(held).not.toContain(old);
    expect(await answerOf('shop/orders')).toContain(await lab().pod('orders'));
    await lab().window.screenshot('5-active-again');
  });

  test('SidecarKilled_ComesBackByItself_WithItsForwards', async () => {
    const killed = lab().sidecars();
    expect(killed).toHaveLength(1);
    process.kill(killed[0]!, 'SIGKILL');

    await until('another sidecar runs', () => lab().sidecars().some((pid) => !killed.includes(pid)));
    await until('the port listens again', () => isListening(lab().port('shop/web')));
    for (const alias of lab().ports.keys()) {
      await lab().window.becomes(alias, 'active');
    }
    await lab().window.statusBecomes(`${lab().ports.size}/${lab().ports.size}`);
    expect(await answerOf('shop/web')).toContain('web-');
    await lab().window.screenshot('6-after-crash');
  });

  test('BrokenConfig_ShowsAProblemWithItsLine_AndKeepsTheLastGoodState', async () => {
    const good = lab().readConfig();
    const lines = good.split('\n');
    const broken = lines.findIndex((line) => line.includes('"local_port"'));
    lab().writeConfig(lines.with(broken, lines[broken]!.replace('"local_port":', '"local_port" =')).join('\n'));

    await lab().window.showProblems();
    const problem = lab().window.problems(`Ln ${broken + 1},`);
    await problem.first().waitFor();
    for (const alias of lab().ports.keys()) {
      await lab().window.becomes(alias, 'active');
    }
    expect(await answerOf('shop/web')).toContain('web-');
    await lab().window.screenshot('7-problem');

    lab().writeConfig(good);
    await problem.first().waitFor({ state: 'detached' });
    await lab().window.hidePanel();
    await lab().window.becomes('shop/web', 'active');
  });

  test('Stop_FreesThePort_AndLeavesTheOthersAlone', async () => {
    await lab().window.press('shop/web', 'Stop Forward');
    await lab().window.becomes('shop/web', 'stopped');
    await lab().window.statusBecomes(`${lab().ports.size - 1}/${lab().ports.size}`);
    expect(await isListening(lab().port('shop/web'))).toBe(false);
    expect(await answerOf('shop/orders')).toContain('orders-');
    await lab().window.screenshot('8-stopped-again');
  });

  test('ClosedWindow_LeavesNoPortAndNoProcessBehind', async () => {
    await lab().leave();
    for (const port of lab().ports.values()) {
      expect(await isListening(port)).toBe(false);
    }
    await lab().quit();
    expect(lab().processes()).toEqual([]);
  });
});
