// npm run bench: the sidecar and kubectl side by side, in alternating rounds.
//   --rows a,b --rounds N --quick --list --markdown FILE    what is measured, and how long
//   --baseline FILE                                         another build of the sidecar in the same rounds
//   --kubeconfig FILE --context NAME --target ns/svc:port   a real cluster instead of the test cluster
//   --soak MINUTES                                          memory under mixed load
//   --pieces                                                BenchmarkDotNet for the parts
import { join, resolve } from 'node:path';
import { buildSidecar } from './build/sidecar.mjs';
import { buildTestCluster } from './build/testCluster.mjs';
import { dotnet } from './build/dotnet.mjs';
import { root, sidecarBinary, testClusterBinary } from './lib/paths.mjs';
import { run } from './lib/processes.mjs';
import { main } from './lib/report.mjs';
import { ensureKubectl } from './setup/kubectl.mjs';

const project = join(root, 'tests', 'Kftray.Benchmarks');
const program = join(project, 'bin', 'Release', 'net10.0', 'Kftray.Benchmarks');

await main(async () => {
  const given = process.argv.slice(2).map(withAbsoluteFile);
  await dotnet('Building the benchmark', ['build', project, '-c', 'Release', '-v', 'quiet']);
  if (given.includes('--pieces')) return await run(program, given);

  await buildSidecar();
  await buildTestCluster();
  const kubectl = await ensureKubectl();
  return await run(program, ['--sidecar', sidecarBinary, '--test-cluster', testClusterBinary, '--kubectl', kubectl, ...given]);
});

/** Files are named from where npm was called. */
function withAbsoluteFile(argument, index, all) {
  return ['--kubeconfig', '--baseline', '--markdown'].includes(all[index - 1]) ? resolve(process.env.INIT_CWD ?? process.cwd(), argument) : argument;
}
