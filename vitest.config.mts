import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `unit` runs anywhere in a second; `contract` needs the sidecar's executable, `packages` what `npm run package` has made. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias: { vscode: fileURLToPath(new URL('tests/extension/support/fakeVscode.ts', import.meta.url)) } },
        test: { name: 'unit', include: ['tests/extension/unit/**/*.test.ts'] },
      },
      {
        test: { name: 'packages', include: ['tests/e2e/packages.test.ts'] },
      },
      {
        test: { name: 'contract', include: ['tests/extension/contract/**/*.test.ts'], testTimeout: 20_000 },
      },
    ],
  },
});
