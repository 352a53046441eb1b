// npm run package [-- --target T… | --all]: dist/kftray-<target>.vsix, for this platform unless told otherwise.
import { parseArgs } from 'node:util';
import { targets, thisTarget } from './build/targets.mjs';
import { buildVsix } from './build/vsix.mjs';
import { main } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';

await main(async () => {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true }, all: { type: 'boolean', default: false } } });
  await ensureNodeModules();
  for (const target of values.all ? targets : values.target ?? [thisTarget()]) await buildVsix(target);
});
