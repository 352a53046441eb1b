// npm run package [-- --target T… | --all]: dist/kftray-<target>.vsix, for this platform unless told otherwise.
import { parseArgs } from 'node:util';
import { ridOf, targets, thisTarget } from './build/targets.mjs';
import { buildVsix } from './build/vsix.mjs';
import { main, step } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';

await main(async () => {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true }, all: { type: 'boolean', default: false } } });
  await ensureNodeModules();
  const failures = [];
  for (const target of values.all ? targets : values.target ?? [thisTarget()]) {
    try {
      await buildVsix(target);
    } catch (error) {
      // One target that cannot be built here does not keep the others from being built.
      if (!values.all) throw error;
      // https://learn.microsoft.com/nuget/reference/errors-and-warnings/nu1101 : this machine's package source lacks the runtime of that platform.
      if (error.message.includes('NU1101')) step(`– ${target} is not built here: NuGet has no .NET runtime for ${ridOf(target)} on this machine.`);
      else failures.push(`${target}: ${error.message.split('\n')[0]}`);
    }
  }
  for (const failure of failures) step(`✖ ${failure}`);
  return failures.length > 0 ? 1 : 0;
});
