import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { bundleExtension } from '../../../scripts/build/extension.mjs';

/** Every window that has a config file pays for what this finds. */
it('Bundle_WhenLoaded_RunsNoLibraryAndAsksForTheEditorOnce', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kftray-bundle-'));
  try {
    const file = path.join(folder, 'extension.js');
    await bundleExtension(file, { minify: false });
    const text = readFileSync(file, 'utf8');
    expect(text.match(/require\("vscode"\)/g)).toHaveLength(1);
    // Modules that are to wait for their first use are functions; at the beginning of a line one is called at once.
    expect(text).toMatch(/__toESM\(require_\w+\(\)\)/);
    expect(text.split('\n').filter((line) => /^(init_\w+\(|(var|const|let) .*\brequire_\w+\()/.test(line))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
