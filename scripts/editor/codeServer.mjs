// A real VS Code in the browser, set up from nothing in a folder of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachLine } from '../lib/lines.mjs';
import { capture, start, stop } from '../lib/processes.mjs';
import { Failure } from '../lib/report.mjs';

/** What keeps a fresh editor quiet: no welcome page, no update checks, no network. */
export const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'chat.disableAIFeatures': true,
  'remote.autoForwardPorts': false,
  'git.enabled': false,
};

/**
 * Writes an editor's settings below its data folder: the user's, and the machine's too, because a window in the browser counts as remote
 * and takes settings of machine scope from there only.
 */
export function writeSettings(userData, settings) {
  for (const scope of ['User', 'Machine']) {
    mkdirSync(join(userData, scope), { recursive: true });
    writeFileSync(join(userData, scope, 'settings.json'), `${JSON.stringify(settings, undefined, 2)}\n`);
  }
}

/**
 * Starts code-server on a free loopback port with the packed extension installed; everything it writes stays below `home`.
 * `trusted` opens every folder trusted; else a folder opens in Restricted Mode. Its log goes to `home/code-server.log`.
 * @returns {Promise<{ url: string, exited: Promise<number>, folderUrl: (folder: string) => string, stop: () => Promise<void> }>}
 */
export async function startCodeServer({ program, env, home, vsix, settings = {}, trusted = true }) {
  const userData = join(home, 'user-data');
  const common = ['--user-data-dir', userData, '--extensions-dir', join(home, 'extensions'), '--config', join(home, 'code-server.yaml')];
  const environment = { ...env, XDG_DATA_HOME: join(home, 'xdg-data'), XDG_CONFIG_HOME: join(home, 'xdg-config'), XDG_CACHE_HOME: join(home, 'xdg-cache') };
  writeSettings(userData, { ...quietSettings, ...settings });

  const { code, output } = await capture(program, [...common, '--install-extension', vsix, '--force'], { env: environment, timeoutMs: 60_000 });
  if (code !== 0 || !output.includes('successfully installed')) throw new Failure(`code-server did not install ${vsix}:\n${output}`);

  const started = start(program, [
    ...common, '--bind-addr', '127.0.0.1:0', '--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override',
    // A closed page is no disconnect: without this the extension host, and the sidecar with it, would live on for hours.
    '--reconnection-grace-time', '5', ...(trusted ? ['--disable-workspace-trust'] : []),
  ], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });

  const log = [];
  const url = await new Promise((resolve, reject) => {
    const onLine = (line) => {
      log.push(line);
      const found = line.match(/HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/)?.[1];
      if (found) resolve(found);
    };
    void eachLine(started.child.stdout, onLine);
    void eachLine(started.child.stderr, onLine);
    void started.exited.then((code) => reject(new Failure(`code-server ended with exit code ${code}:\n${log.join('\n')}`)));
  });
  return {
    url,
    exited: started.exited,
    folderUrl: (folder) => `${url}/?folder=${encodeURIComponent(folder)}`,
    async stop() {
      await stop(started);
      writeFileSync(join(home, 'code-server.log'), log.join('\n'));
    },
  };
}
