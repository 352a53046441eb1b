// npm run generate: the TypeScript of the contract and the config's JSON schema, written anew from the C# records, and the texts to translate.
import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { main, step } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';
import { buildTests } from './test/buildTests.mjs';

await main(async () => {
  await ensureNodeModules();
  await buildTests('Kftray.Sidecar.Tests');
  // The tests that compare the files write them instead when this is set.
  await run('Generating', join(root, 'tests/Kftray.Sidecar.Tests/bin/Debug/net10.0/Kftray.Sidecar.Tests'), ['-noColor', '-noLogo', '-namespace', 'Kftray.Sidecar.Tests.Generated'], {
    env: { KFTRAY_UPDATE_GENERATED: '1' },
  });
  await run('Generating', join(root, 'node_modules', '.bin', 'vitest'), ['run', '--project', 'unit', 'tests/extension/unit/l10n.test.ts'], {
    cwd: root, env: { KFTRAY_UPDATE_GENERATED: '1' },
  });
  step('The generated files are current.');
});
