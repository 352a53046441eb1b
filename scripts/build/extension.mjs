import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';

/** Loaded at their first use, so they are files of their own: most of what loading a file takes is reading its text, whatever of it runs. */
const libraries = { 'vscode-jsonrpc': 'vscode-jsonrpc/node', 'jsonc-parser': 'jsonc-parser' };

/** `dist/extension.js` and its libraries, for the Node of the oldest editor we support. Returns their paths. */
export async function buildExtension() {
  const outputs = ['extension', ...Object.keys(libraries)].map((name) => join(dist, `${name}.js`));
  const print = fingerprint(['extension/src', 'package-lock.json', 'tsconfig.json', 'scripts/build/extension.mjs'].map((name) => join(root, name)));
  const stampFile = join(dist, '.stamps', 'extension');
  if (outputs.every((output) => existsSync(output)) && isCurrent(stampFile, print)) return outputs;

  step('Bundling the extension');
  await bundleExtension(dist);
  stamp(stampFile, print);
  return outputs;
}

/** Bundles into a folder. */
export async function bundleExtension(folder, { minify = true } = {}) {
  // Not at the top: it is there only once the node modules are.
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root, entryPoints: { extension: 'extension/src/extension.ts', ...libraries }, outdir: folder,
    bundle: true, platform: 'node', format: 'cjs', target: 'node20', minify, logLevel: 'warning',
    // jsonc-parser's `main` is a UMD file that hides its requires from the bundler; its `module` is not.
    mainFields: ['module', 'main'],
    // An import of nothing but types would run its module: `import { type X }` of a library that is to be loaded at its first use.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    // Between two files of ours `require` will do; `import` would bring up another loader.
    supported: { 'dynamic-import': false },
    plugins: [librariesApart, editorOnce],
  });
}

const librariesApart = {
  name: 'libraries-apart',
  setup({ onResolve }) {
    for (const [name, path] of Object.entries(libraries)) {
      onResolve({ filter: new RegExp(`^${path}$`) }, ({ kind }) => (kind === 'entry-point' ? undefined : { path: `./${name}.js`, external: true }));
    }
  },
};

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
