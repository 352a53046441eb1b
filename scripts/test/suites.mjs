// What `npm test` runs, in order. Each suite says what it needs, how it runs and how long it may take.
import { join } from 'node:path';
import { buildBenchmark } from '../build/benchmark.mjs';
import { buildChaos } from '../build/chaos.mjs';
import { buildExtension } from '../build/extension.mjs';
import { buildSidecar, buildTrimmedSidecar } from '../build/sidecar.mjs';
import { buildImage } from '../build/image.mjs';
import { buildServer } from '../build/server.mjs';
import { buildTestCluster } from '../build/testCluster.mjs';
import { buildVsix } from '../build/vsix.mjs';
import { root } from '../lib/paths.mjs';
import { ensureChromium, ensureCodeServer } from '../setup/codeServer.mjs';
import { ensureKubectl } from '../setup/kubectl.mjs';
import { ensureServers } from '../setup/servers.mjs';
import { buildTests } from './buildTests.mjs';
import { runChecks } from './checks.mjs';
import { runVitest } from './vitest.mjs';
import { runXunit } from './xunit.mjs';

const minutes = 60_000;
const bin = (name) => join(root, 'node_modules', '.bin', name);

/**
 * `prepare` installs and builds what the suite needs and returns the environment it runs in; its failure fails the suite.
 * `run(suite, env)` returns its counts. `fast` suites are the inner loop, `npm run test:fast`.
 */
export const suites = [
  {
    name: 'checks', title: 'lint and types', limitMs: 3 * minutes,
    run: (suite) => runChecks(suite, [
      { name: 'eslint', command: bin('eslint'), args: ['--max-warnings', '0', '.'] },
      { name: 'tsc', command: bin('tsc'), args: ['--noEmit', '-p', '.'] },
      { name: 'tsc tests/e2e', command: bin('tsc'), args: ['--noEmit', '-p', 'tests/e2e'] },
    ]),
  },
  {
    name: 'unit', title: 'C# unit tests, and generated files are current', limitMs: 5 * minutes, fast: true,
    prepare: () => buildTests('Kftray.Sidecar.Tests'),
    run: (suite, env) => runXunit(suite, 'Kftray.Sidecar.Tests', env),
  },
  {
    name: 'ts-unit', title: 'TypeScript unit tests', limitMs: 3 * minutes, fast: true,
    run: (suite, env) => runVitest(suite, ['--project', 'unit'], env),
  },
  {
    name: 'functional', title: 'the sidecar against the test cluster', limitMs: 15 * minutes,
    async prepare() {
      await ensureServers();
      await buildTests('Kftray.Sidecar.FunctionalTests');
      return { KFTRAY_SIDECAR: await buildSidecar(), KFTRAY_SERVER: await buildServer() };
    },
    run: (suite, env) => runXunit(suite, 'Kftray.Sidecar.FunctionalTests', env),
  },
  {
    name: 'relay', title: 'the relay, as clients and targets see it', limitMs: 5 * minutes,
    async prepare() {
      await ensureServers();
      await buildTests('Kftray.Server.Tests');
      const KFTRAY_SERVER = await buildServer();
      // Where no image can be made, its tests say so.
      return process.platform === 'linux' ? { KFTRAY_SERVER, KFTRAY_IMAGE: await buildImage() } : { KFTRAY_SERVER };
    },
    run: (suite, env) => runXunit(suite, 'Kftray.Server.Tests', env),
  },
  {
    name: 'conformance', title: 'kubectl and KubernetesClient against the test cluster', limitMs: 10 * minutes,
    async prepare() {
      const KFTRAY_KUBECTL = await ensureKubectl();
      await buildTests('Kftray.Conformance.Tests');
      return { KFTRAY_KUBECTL, KFTRAY_SERVER: await buildServer() };
    },
    run: (suite, env) => runXunit(suite, 'Kftray.Conformance.Tests', env),
  },
  {
    name: 'bench', title: 'the benchmark measures the sidecar and kubectl', limitMs: 5 * minutes,
    async prepare() {
      await buildBenchmark();
      await buildSidecar();
      await buildTestCluster();
      await ensureKubectl();
    },
    run: (suite) => runChecks(suite, [
      { name: 'npm run bench', command: process.execPath, args: [join(root, 'scripts', 'bench.mjs'), '--quick', '--rows', 'first-byte-50ms,first-byte,forwards-10'] },
    ]),
  },
  {
    name: 'chaos', title: 'a short slice of chaos, always the same', limitMs: 3 * minutes,
    async prepare() {
      await buildChaos();
      await buildSidecar();
    },
    run: (suite) => runChecks(suite, [
      { name: 'npm run chaos', command: process.execPath, args: [join(root, 'scripts', 'chaos.mjs'), '--minutes', '0.4', '--seed', '20'] },
    ]),
  },
  {
    name: 'contract', title: 'vscode-jsonrpc and the real sidecar', limitMs: 5 * minutes,
    prepare: async () => ({ KFTRAY_SIDECAR: await buildSidecar() }),
    run: (suite, env) => runVitest(suite, ['--project', 'contract'], env),
  },
  {
    // The trimmer changes programs: what it makes is tried, not only built. Refused and lost sessions throw where locks are held.
    name: 'trimmed', title: 'the sidecar as packages for other platforms carry it', limitMs: 4 * minutes,
    async prepare() {
      await buildChaos();
      return { KFTRAY_SIDECAR: await buildTrimmedSidecar() };
    },
    run: (suite, env) => runChecks(suite, [
      { name: 'its contract', command: bin('vitest'), args: ['run', '--project', 'contract'] },
      { name: 'npm run chaos', command: process.execPath, args: [join(root, 'scripts', 'chaos.mjs'), '--minutes', '0.3', '--seed', '1', '--faults', 'throttled,api-restart,server-errors'] },
    ], env),
  },
  {
    name: 'packages', title: 'every package that has been built here, opened', limitMs: 5 * minutes,
    prepare: () => buildVsix().then(() => undefined),
    run: (suite, env) => runVitest(suite, ['--project', 'packages'], env),
  },
  {
    name: 'e2e', title: 'the packed extension in a real VS Code', limitMs: 15 * minutes,
    async prepare() {
      const KFTRAY_CHROMIUM = await ensureChromium();
      const { program, env } = await ensureCodeServer();
      const KFTRAY_TESTCLUSTER = await buildTestCluster();
      await buildExtension();
      const KFTRAY_VSIX = await buildVsix();
      return { KFTRAY_CHROMIUM, KFTRAY_CODE_SERVER: program, KFTRAY_CODE_SERVER_PATH: env.PATH, KFTRAY_TESTCLUSTER, KFTRAY_VSIX };
    },
    run: (suite, env) => runVitest(suite, ['--config', join('tests', 'e2e', 'vitest.config.mts')], env),
  },
];
