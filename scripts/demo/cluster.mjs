import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachLine } from '../lib/lines.mjs';
import { testClusterBinary } from '../lib/paths.mjs';
import { start, stop } from '../lib/processes.mjs';
import { Failure } from '../lib/report.mjs';

/**
 * The test cluster as a process of its own, with the demo's pods. It ends with us, whatever happens: it watches its standard input.
 * `api` speaks to it as its administrator.
 * @param {string[]} [args] further arguments of `kftray-testcluster serve`
 * @returns {Promise<{ server: string, kubeconfig: string, control: string, api: (method: string, path: string, patch?: object) => Promise<unknown>, stop: () => Promise<void> }>}
 */
export async function startDemoCluster(args = []) {
  const folder = mkdtempSync(join(tmpdir(), 'kftray-cluster-'));
  const file = join(folder, 'kubeconfig');
  // A group of its own: Ctrl+C in the terminal is for the forwards first, and the cluster outlives them.
  const started = start(testClusterBinary, ['serve', '--demo', '--kubeconfig', file, '--exit-with-stdin', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const facts = await Promise.race([
    new Promise((resolve) => void eachLine(started.child.stdout, (line) => resolve(JSON.parse(line)))),
    started.exited.then((code) => { throw new Failure(`The test cluster ended with exit code ${code} before it was ready.`); }),
  ]);
  return {
    ...facts,
    api: (method, path, patch) => callApi(facts, method, path, patch),
    async stop() {
      started.child.stdin.end();
      await stop(started, { graceMs: 3000 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One request to the API server; resolves to the parsed body. `patch` is a merge patch. */
function callApi({ server, kubeconfig }, method, path, patch) {
  // The test cluster writes its kubeconfigs as JSON, which is YAML too.
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  const decode = (text) => Buffer.from(text, 'base64');
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, server), {
      method,
      ca: decode(clusters[0].cluster['certificate-authority-data']),
      cert: decode(users[0].user['client-certificate-data']),
      key: decode(users[0].user['client-key-data']),
      headers: patch ? { 'content-type': 'application/merge-patch+json' } : {},
      agent: false,
      timeout: 10_000,
    }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
        if (response.statusCode >= 300) reject(new Failure(`${method} ${path}: ${response.statusCode} ${body}`));
        else resolve(JSON.parse(body));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`))).on('error', reject);
    sent.end(patch && JSON.stringify(patch));
  });
}
