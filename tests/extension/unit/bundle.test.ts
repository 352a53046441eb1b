import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { bundleExtension } from '../../../scripts/build/extension.mjs';

/** Every window that has a config file pays for what this finds. */
it('Bundle_WhenLoaded_RunsNoLibraryAndAsksForTheEditorOnce', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kftray-bundle-'));
  try {
    await bundleExtension(folder, { minify: false });
    const text = readFileSync(path.join(folder, 'extension.js'), 'utf8');
    expect(text.match(/require\("vscode"\)/g)).toHaveLength(1);
    // What is at the beginning of a line is done at once.
    expect(text).toContain('require("./vscode-jsonrpc.js")');
    expect(text.split('\n').filter((line) => /^\S.*\brequire\("\./.test(line))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
