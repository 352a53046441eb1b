import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, root, testClusterBinary } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';
import { dotnet } from './dotnet.mjs';

/** `dist/testcluster/kftray-testcluster`: the demo's and the end-to-end tests' Kubernetes API server. */
export async function buildTestCluster() {
  const project = join(root, 'tests', 'Kftray.TestCluster');
  const print = fingerprint([project, ...['Directory.Build.props', 'Directory.Packages.props', 'global.json', 'tests/Directory.Build.props'].map((name) => join(root, name))]);
  const stampFile = join(dist, '.stamps', 'testcluster');
  const folder = join(dist, 'testcluster');
  if (existsSync(testClusterBinary) && isCurrent(stampFile, print)) return testClusterBinary;

  step('Building the test cluster');
  rmSync(`${folder}.new`, { recursive: true, force: true });
  await dotnet('Building the test cluster', ['publish', project, '-c', 'Release', '--no-self-contained', '-o', `${folder}.new`, '-v', 'quiet']);
  rmSync(folder, { recursive: true, force: true });
  renameSync(`${folder}.new`, folder);
  stamp(stampFile, print);
  return testClusterBinary;
}
