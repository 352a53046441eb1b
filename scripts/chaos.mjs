// npm run chaos: twenty forwards in three clusters under load, while a seeded script makes everything go wrong.
//   --minutes N --seed S        how long, and what happens when (a seed repeats it)
//   --faults a,b --list --plan  some faults; their names; what a seed would do
//   --kubectl                   kubectl port-forward, in a loop, under the same faults
//   --markdown FILE             the table to a file too
import { resolve } from 'node:path';
import { buildChaos } from './build/chaos.mjs';
import { buildSidecar } from './build/sidecar.mjs';
import { start } from './lib/processes.mjs';
import { main } from './lib/report.mjs';
import { ensureKubectl } from './setup/kubectl.mjs';

await main(async () => {
  const given = process.argv.slice(2).map(withAbsoluteFile);
  const peer = given.includes('--kubectl') ? ['--kubectl', await ensureKubectl()] : [];
  const args = ['--sidecar', process.env.KFTRAY_SIDECAR ?? (await buildSidecar()), ...peer, ...given.filter((argument) => argument !== '--kubectl')];
  // In our process group, so that Ctrl+C reaches it without us.
  return await start(await buildChaos(), args, { group: false }).exited;
});

/** Files are named from where npm was called. */
function withAbsoluteFile(argument, index, all) {
  return all[index - 1] === '--markdown' ? resolve(process.env.INIT_CWD ?? process.cwd(), argument) : argument;
}
