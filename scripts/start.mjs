// npm start: the demo, from the terminal. Builds, starts the test cluster and runs the demo's forwards against it.
//   --once                            send real traffic through every forward, replace a pod, say what came of it
//   --kubeconfig FILE --config FILE   the user's own cluster and forwards
//   --editor                          the demo in VS Code
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSidecar } from './build/sidecar.mjs';
import { buildTestCluster } from './build/testCluster.mjs';
import { startDemoCluster } from './demo/cluster.mjs';
import { openEditor } from './demo/editor.mjs';
import { runLive } from './demo/live.mjs';
import { runOnce } from './demo/once.mjs';
import { whatToTry } from './demo/world.mjs';
import { demoConfig } from './lib/paths.mjs';
import { Failure, main, step } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';

await main(async () => {
  const options = parse();
  await ensureNodeModules();
  await buildSidecar();
  if (options.kubeconfig) return options.once ? await runOnce(options) : await runLive(options);

  await buildTestCluster();
  const cluster = await startDemoCluster();
  try {
    step(`The demo cluster runs at ${cluster.server}, kubeconfig ${cluster.kubeconfig}`);
    const demo = { ...options, kubeconfig: cluster.kubeconfig, cluster };
    if (options.editor) return await openEditor(demo);
    if (options.once) return await runOnce(demo);
    const lines = await whatToTry(options.config[0]);
    if (lines.length > 0) console.log(`\nTry, in another terminal:\n${lines.join('\n')}\nand delete a pod:\n  kubectl --kubeconfig ${cluster.kubeconfig} -n shop delete pod -l app=orders\nCtrl+C ends everything.\n`);
    return await runLive(demo);
  } finally {
    await cluster.stop();
  }
});

function parse() {
  const usage = 'npm start [-- [--once | --editor] [--only ALIAS]… [--kubeconfig FILE --config FILE…]]';
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        editor: { type: 'boolean', default: false },
        kubeconfig: { type: 'string' },
        config: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true, default: [] },
      },
    }));
  } catch (error) {
    throw new Failure(`${error.message}\n${usage}`);
  }
  if (values.kubeconfig && !values.config) throw new Failure(`--kubeconfig needs --config, the forwards to run there.\n${usage}`);
  if (values.editor && (values.once || values.kubeconfig)) throw new Failure(`--editor opens the demo and goes with nothing else.\n${usage}`);
  const here = process.env.INIT_CWD ?? process.cwd();
  return {
    ...values,
    kubeconfig: values.kubeconfig && resolve(here, values.kubeconfig),
    config: values.config?.map((file) => resolve(here, file)) ?? [demoConfig],
  };
}
