import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from '../lib/processes.mjs';
import { Failure } from '../lib/report.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { ensureNode24, node24Environment } from './node24.mjs';
import { ensureNpmFolder } from './npmFolder.mjs';

/** A real VS Code in the browser. Returns its program and the environment to start it in. */
export async function ensureCodeServer() {
  if (process.platform !== 'linux') throw new Failure(`code-server is set up on Linux only: run this on Linux, or put \`code\` on the PATH for --editor.`);
  const node = await ensureNode24();
  const env = node24Environment(node);
  await ensureDebianPackages('code-server', [
    'libkrb5-dev', 'libx11-dev', 'libxkbfile-dev', 'libsecret-1-dev', 'pkg-config', 'python3', 'make', 'g++',
  ]);
  const folder = await ensureNpmFolder('tests/e2e/code-server', 'code-server, the VS Code of the end-to-end tests (once, about three minutes)', {
    async finish(folder) {
      // npm leaves them plain when scripts are off, and the rebuild runs some of them.
      makeExecutable(join(folder, 'node_modules'));
      await run('Building code-server', 'npm', ['rebuild', 'code-server', '--foreground-scripts'], { cwd: folder, env });
    },
  });
  return { program: join(folder, 'node_modules', '.bin', 'code-server'), env };
}

/** The browser of the end-to-end tests. KFTRAY_CHROMIUM names another one. */
export async function ensureChromium() {
  const given = process.env.KFTRAY_CHROMIUM;
  if (given) return given;
  await ensureDebianPackages('The end-to-end tests', ['chromium', 'fonts-dejavu-core']);
  const chromium = await which('chromium');
  if (!chromium) throw new Failure('The end-to-end tests need Chromium: install it, or set KFTRAY_CHROMIUM to its path.');
  return chromium;
}

function makeExecutable(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === '.bin') {
      for (const name of readdirSync(path)) if (existsSync(join(path, name))) chmodSync(join(path, name), 0o755);
    } else if (entry.isDirectory()) {
      makeExecutable(path);
    }
  }
}
