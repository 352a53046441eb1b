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
 * Returns its kubeconfig, its control address, an `api(method, path)` to speak to it as its administrator, and `stop()`.
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
    api: (method, path) => callApi(facts, method, path),
    async stop() {
      started.child.stdin.end();
      await stop(started, { graceMs: 3000 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One request to the API server; resolves to the parsed body. */
function callApi({ server, kubeconfig }, method, path) {
  const text = readFileSync(kubeconfig, 'utf8');
  const data = (key) => {
    const found = text.match(new RegExp(`["']?${key}["']?:\\s*["']?([A-Za-z0-9+/=]+)`))?.[1];
    return found && Buffer.from(found, 'base64');
  };
  const token = text.match(/["']?\btoken["']?:\s*["']?([\w.-]+)/)?.[1];
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, server), {
      method, ca: data('certificate-authority-data'), cert: data('client-certificate-data'), key: data('client-key-data'),
      headers: token ? { authorization: `Bearer ${token}` } : {}, timeout: 10_000,
    }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => {
        if (response.statusCode >= 300) reject(new Failure(`${method} ${path}: ${response.statusCode} ${body}`));
        else resolve(JSON.parse(body));
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`))).on('error', reject).end();
  });
}
