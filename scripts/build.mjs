// npm run build: everything that runs, into dist/. What is current stays.
import { buildExtension } from './build/extension.mjs';
import { buildServer } from './build/server.mjs';
import { buildSidecar } from './build/sidecar.mjs';
import { buildTestCluster } from './build/testCluster.mjs';
import { main } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';

await main(async () => {
  await ensureNodeModules();
  await buildSidecar();
  await buildServer();
  await buildExtension();
  await buildTestCluster();
});
