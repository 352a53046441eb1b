import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildVsix } from '../build/vsix.mjs';
import { quietSettings, startCodeServer, writeSettings } from '../editor/codeServer.mjs';
import { cache, demoConfig } from '../lib/paths.mjs';
import { run, start, stop, takeSignals, which } from '../lib/processes.mjs';
import { step } from '../lib/report.mjs';
import { ensureCodeServer } from '../setup/codeServer.mjs';

/**
 * The demo workspace in VS Code with the packed extension, until the window is closed (or Ctrl+C in the browser's case).
 * An editor profile of its own: the user's settings and extensions are left alone.
 */
export async function openEditor({ cluster }) {
  const vsix = await buildVsix();
  const home = join(cache, 'demo-editor');
  rmSync(home, { recursive: true, force: true });
  // A copy, so that what is tried out in the editor does not change the example.
  const folder = join(home, 'demo');
  mkdirSync(home, { recursive: true });
  cpSync(dirname(dirname(demoConfig)), folder, { recursive: true });
  const settings = { 'kftray.kubeconfig': [cluster.kubeconfig], 'security.workspace.trust.enabled': false };
  const code = await which('code');
  return code ? await inDesktop(code, { home, folder, vsix, settings }) : await inBrowser({ home, folder, vsix, settings });
}

async function inDesktop(code, { home, folder, vsix, settings }) {
  const userData = join(home, 'user-data');
  writeSettings(userData, { ...quietSettings, ...settings });
  const common = ['--user-data-dir', userData, '--extensions-dir', join(home, 'extensions'), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  await run('Installing the extension in VS Code', code, [...common, '--install-extension', vsix, '--force']);
  step('VS Code opens the demo. Close its window, or press Ctrl+C here, to end everything.');
  return await untilEnded(start(code, [...common, '--new-window', '--wait', folder]));
}

async function inBrowser({ home, folder, vsix, settings }) {
  const { program, env } = await ensureCodeServer();
  const server = await startCodeServer({ program, env, home, vsix, settings });
  step(`VS Code runs in the browser. Open ${server.folderUrl(folder)}`);
  step('Ctrl+C ends everything.');
  const opener = process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? await which('xdg-open') : undefined;
  if (opener) start(opener, [server.folderUrl(folder)], { stdio: 'ignore' });
  await Promise.race([server.exited, signalled()]);
  await server.stop();
  return 0;
}

async function untilEnded(started) {
  await Promise.race([started.exited, signalled()]);
  await stop(started);
  return 0;
}

function signalled() {
  return new Promise((resolve) => takeSignals(resolve));
}
