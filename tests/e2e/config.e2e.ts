import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { httpGet } from '../../scripts/demo/probes.mjs';
import { openLab } from './support/steps';
import { isListening, until } from './support/waiting';

/** Where forwards are written down: the wizard, the config document in its editor, tasks and debugging. */
describe('the config of a workspace', () => {
  const lab = openLab({ trusted: true });

  test('AddPortForward_FromNothingToAServedRequest_ByKeyboardAlone', async () => {
    const { window, folder } = await lab().openWindow('empty');
    const { keyboard } = window.page;
    await window.showSideBar();
    await window.welcome.filter({ hasText: 'No port forwards yet' }).waitFor();
    await window.statusItem.waitFor({ state: 'detached' });
    await lab().pictures('07-welcome', window);

    await keyboard.press('F1');
    await keyboard.type('Kftray: Add Port Forward');
    await window.choice('Kftray: Add Port Forward').waitFor();
    await keyboard.press('Enter');
    // There is one context, so the first question is the namespace; its default is first.
    await window.asked('In which namespace?');
    await window.choice('shop').waitFor();
    await keyboard.press('Enter');
    await window.asked('Forward to which service');
    await keyboard.type('web');
    await window.choice('web').first().waitFor();
    await lab().pictures('08-wizard', window);
    await keyboard.press('Enter');
    await window.asked('Local port on which the forward listens');
    await keyboard.press('Enter');
    await window.asked('Name of the forward');
    await keyboard.press('Control+a');
    await keyboard.type('shop/web');
    await keyboard.press('Enter');

    await window.becomes('shop/web', 'active');
    await window.statusBecomes('1/1');
    const written = JSON.parse(readFileSync(join(folder, '.vscode', 'kftray.json'), 'utf8')) as { forwards: { local_port: number }[] };
    expect((await httpGet('127.0.0.1', written.forwards[0]!.local_port)).body).toContain('web-');
    await lab().pictures('09-added', window);
    await lab().closeWindow(window);
  });

  test('EditedConfig_ChangesTheTree_AndShowsAProblemWithItsFix', async () => {
    const { window } = lab();
    const { keyboard } = window.page;
    await window.showForwards();
    await window.run('Kftray: Start All Forwards');
    await window.becomes('shop/cache', 'active');
    await window.openConfig();
    const taken = lab().port('shop/web');
    const place = placeOf(lab().readConfig(), 'shop/cache', '"local_port": ');
    await window.goTo(place.line, place.column);
    await keyboard.press('Control+Shift+ArrowRight');
    await keyboard.type(String(taken));
    await window.save();

    await window.showProblems();
    await window.problems(`Local port ${taken} of 127.0.0.1 is already used by shop/web`).waitFor();
    await lab().pictures('10-problem');
    await window.hidePanel();
    // What was valid before still applies.
    await window.becomes('shop/cache', 'active');
    expect(await isListening(lab().port('shop/cache'))).toBe(true);

    await window.goTo(place.line, place.column);
    await window.fix('Use port ');
    await window.save();
    await window.becomes('shop/cache', 'active');
    const moved = Number(/"shop\/cache".*"local_port": (\d+)/.exec(lab().readConfig())?.[1]);
    expect(moved).toBeGreaterThan(taken);
    await until('the new port is listened on', () => isListening(moved));
  });

  test('Completion_OfAService_OffersThoseOfTheCluster', async () => {
    const { window } = lab();
    const { keyboard } = window.page;
    const place = placeOf(lab().readConfig(), 'shop/orders', '"service": "');
    await window.goTo(place.line, place.column);
    await keyboard.press('Control+Shift+ArrowRight');
    await keyboard.press('Delete');
    // What the cluster has was fetched when the document was shown: no key waits for it.
    await keyboard.press('Control+Space');
    await window.suggestion('cache').waitFor();
    await lab().pictures('11-completion');
    await keyboard.press('Escape');
    await keyboard.type('or');
    await keyboard.press('Control+Space');
    await window.suggestion('orders').waitFor();
    await keyboard.press('Enter');
    await window.save();
    expect(lab().readConfig()).toMatch(/"shop\/orders", "service": "orders"/);
  });

  test('CodeLens_Start_StartsTheForward', async () => {
    const { window } = lab();
    await window.run('Kftray: Stop All Forwards');
    await window.becomes('shop/web', 'stopped');
    // The editor draws lenses anew only while it has the focus.
    await window.goTo(1, 1);
    await window.lens('Start All (4)').waitFor();
    await window.lens('Active').first().waitFor({ state: 'detached' });
    await lab().pictures('12-code-lens');
    await window.lens(/^\W*Start$/).first().click();
    await window.becomes('shop/web', 'active');
    await window.lens(`Active :${lab().port('shop/web')}`).waitFor();
    await window.becomes('shop/orders', 'stopped');
    expect((await httpGet('127.0.0.1', lab().port('shop/web'))).body).toContain('web-');
  });

  test('TaskAsPreLaunchTask_StartsTheForwards_BeforeTheProgramIsDebugged', async () => {
    const { window } = lab();
    await window.run('Kftray: Stop All Forwards');
    await window.becomes('shop/web', 'stopped');
    lab().write('client.mjs', `import { writeFileSync } from 'node:fs';
const { KFTRAY_SHOP_WEB_ADDRESS: web, KFTRAY_SHOP_ORDERS_ADDRESS: orders } = process.env;
writeFileSync('answers.txt', (await Promise.all([web, orders].map(async (address) => (await fetch('http://' + address)).text()))).join('\\n'));
`);
    lab().write('.vscode/tasks.json', JSON.stringify({ version: '2.0.0', tasks: [{ label: 'forwards', type: 'kftray', forwards: ['shop/*'] }] }));
    lab().write('.vscode/launch.json', JSON.stringify({
      version: '0.2.0',
      configurations: [{ name: 'client', type: 'node', request: 'launch', program: '${workspaceFolder}/client.mjs', cwd: '${workspaceFolder}', preLaunchTask: 'forwards', internalConsoleOptions: 'neverOpen' }],
    }, undefined, 2));
    await window.page.keyboard.press('F5');

    const answers = await until('the program has written down its answers', () => lab().tryRead('answers.txt'), 60_000);
    expect(answers).toContain('web-');
    expect(answers).toContain('orders-');
    for (const alias of lab().ports.keys()) {
      await window.becomes(alias, 'active');
    }
    await lab().pictures('13-debugged');
  });

  test('ClosedWindow_LeavesNoProcessBehind', async () => {
    await lab().leave();
    await lab().quit();
    await until('no process is left', () => lab().processes().length === 0, 10_000);
  });
});

/** Where the value behind `key` begins on the line of a forward, counted from 1. */
function placeOf(text: string, alias: string, key: string): { line: number; column: number } {
  const lines = text.split('\n');
  const line = lines.findIndex((candidate) => candidate.includes(`"${alias}"`));
  return { line: line + 1, column: lines[line]!.indexOf(key) + key.length + 1 };
}
