import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { step } from '../lib/report.mjs';

/** `dist/extension.js`: the extension and its libraries in one file, for the Node of the oldest editor we support. */
export async function buildExtension() {
  const output = join(dist, 'extension.js');
  const print = fingerprint(['extension/src', 'package-lock.json', 'tsconfig.json', 'scripts/build/extension.mjs'].map((name) => join(root, name)));
  const stampFile = join(dist, '.stamps', 'extension');
  if (existsSync(output) && isCurrent(stampFile, print)) return output;

  step('Bundling the extension');
  await run('Bundling the extension', join(root, 'node_modules', '.bin', 'esbuild'), [
    'extension/src/extension.ts', '--bundle', '--platform=node', '--format=cjs', '--target=node20', '--external:vscode',
    // jsonc-parser's `main` is a UMD file that hides its requires from the bundler; its `module` is not.
    '--main-fields=module,main', '--minify', '--log-level=warning', `--outfile=${output}`,
  ], { cwd: root });
  stamp(stampFile, print);
  return output;
}
