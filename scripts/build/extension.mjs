import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';

/** `dist/extension.js`: the extension and its libraries in one file, for the Node of the oldest editor we support. */
export async function buildExtension() {
  const output = join(dist, 'extension.js');
  const print = fingerprint(['extension/src', 'package-lock.json', 'tsconfig.json', 'scripts/build/extension.mjs'].map((name) => join(root, name)));
  const stampFile = join(dist, '.stamps', 'extension');
  if (existsSync(output) && isCurrent(stampFile, print)) return output;

  step('Bundling the extension');
  await bundleExtension(output);
  stamp(stampFile, print);
  return output;
}

/** Bundles into a file. */
export async function bundleExtension(outfile, { minify = true } = {}) {
  // Not at the top: it is there only once the node modules are.
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root, entryPoints: ['extension/src/extension.ts'], outfile,
    bundle: true, platform: 'node', format: 'cjs', target: 'node20', minify, logLevel: 'warning',
    // jsonc-parser's `main` is a UMD file that hides its requires from the bundler; its `module` is not.
    mainFields: ['module', 'main'],
    // An import of nothing but types would run its module: `import { type X }` of a library that is to be loaded at its first use.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    plugins: [editorOnce],
  });
}

/**
 * The editor's module, imported once for all files. Of each import of a module outside the bundle esbuild makes an object with the hundreds of names
 * that it exports, one by one: in every file that was most of what activation took.
 */
const editorOnce = {
  name: 'editor-once',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^vscode$/ }, ({ path, namespace }) => (namespace === 'editor-once' ? { path, external: true } : { path, namespace: 'editor-once' }));
    onLoad({ filter: /^vscode$/, namespace: 'editor-once' }, () => ({ contents: "export * from 'vscode';" }));
  },
};
