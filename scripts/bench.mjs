// npm run bench: the sidecar and kubectl side by side, in alternating rounds.
//   --rows a,b --rounds N --quick --list --markdown FILE    what is measured, and how long
//   --baseline FILE                                         another build of the sidecar in the same rounds
//   --kubeconfig FILE --context NAME --target ns/svc:port   a real cluster instead of the test cluster
//   --soak MINUTES                                          memory under mixed load
//   --pieces                                                BenchmarkDotNet for the parts
import { resolve } from 'node:path';
import { buildBenchmark } from './build/benchmark.mjs';
import { buildServer } from './build/server.mjs';
import { buildSidecar } from './build/sidecar.mjs';
import { buildTestCluster } from './build/testCluster.mjs';
import { start } from './lib/processes.mjs';
import { main } from './lib/report.mjs';
import { ensureKubectl } from './setup/kubectl.mjs';

await main(async () => {
  const given = process.argv.slice(2).map(withAbsoluteFile);
  const benchmark = await buildBenchmark();
  const programs = given.includes('--pieces') ? [] : [
    '--sidecar', await buildSidecar(), '--test-cluster', await buildTestCluster(), '--kubectl', await ensureKubectl(),
  ];
  // The test cluster runs it where a pod's image is a relay.
  const KFTRAY_SERVER = await buildServer();
  // In our process group, so that Ctrl+C reaches it without us.
  return await start(benchmark, [...programs, ...given], { group: false, env: { KFTRAY_SERVER } }).exited;
});

/** Files are named from where npm was called. */
function withAbsoluteFile(argument, index, all) {
  return ['--kubeconfig', '--baseline', '--markdown'].includes(all[index - 1]) ? resolve(process.env.INIT_CWD ?? process.cwd(), argument) : argument;
}
