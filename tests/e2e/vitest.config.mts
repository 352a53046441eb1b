import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** One window at a time: each is a whole VS Code. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.e2e.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 180_000,
  },
});
