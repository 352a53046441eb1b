import { seconds } from '../lib/report.mjs';
import { followForwards } from './sidecar.mjs';
import { httpGet } from './probes.mjs';
import { answersFromItsPod, probeOf, readForwards, replacedAlias } from './world.mjs';

const settled = new Set(['active', 'failed', 'blocked']);
const startMs = 60_000;

/** Sends real traffic through every forward and prints a verdict a line; on the demo cluster it also replaces a pod. Resolves to the exit code. */
export async function runOnce({ cluster, ...options }) {
  const expected = (await Promise.all(options.config.map(readForwards))).flat().length;
  const forwards = followForwards(options);
  try {
    const wanted = options.only?.length || expected;
    await forwards.until((all) => all.length >= wanted && all.every(({ status }) => settled.has(status)), startMs);
    if (forwards.all().length === 0) {
      console.log('✖ No forward was started.');
      return 1;
    }
    let failed = Math.max(0, wanted - forwards.all().length);
    if (failed > 0) console.log(`✖ ${failed} of ${wanted} forwards did not appear.`);
    for (const snapshot of forwards.all()) failed += await verdict(snapshot, (it) => probe(it, Boolean(cluster)));
    if (cluster) {
      const replaced = forwards.byAlias(replacedAlias);
      if (replaced) failed += await verdict(replaced, (it) => replacePod(it, cluster, forwards));
    }
    const code = await forwards.stop();
    if (code !== 0) console.log(`✖ The sidecar ended with exit code ${code}.`);
    return failed > 0 || code !== 0 ? 1 : 0;
  } finally {
    await forwards.stop();
  }
}

async function verdict(snapshot, body) {
  const began = performance.now();
  const place = `${snapshot.alias.padEnd(16)} ${`${snapshot.localAddress}:${snapshot.localPort}`.padEnd(16)} → ${snapshot.target.padEnd(20)}`;
  try {
    const saw = await body(snapshot);
    console.log(`✓ ${place} ${saw} (${seconds(performance.now() - began)})`);
    return 0;
  } catch (error) {
    console.log(`✖ ${place} ${error.message}`);
    return 1;
  }
}

async function probe(snapshot, isDemo) {
  if (snapshot.status !== 'active') throw new Error(describe(snapshot));
  return await probeOf(snapshot, isDemo)(snapshot);
}

/** Deletes the pod behind a forward; a request sent at once must be answered by the next pod. */
async function replacePod(snapshot, cluster, forwards) {
  const [old] = snapshot.pods;
  if (!old) throw new Error(`no pod to replace: ${describe(snapshot)}`);
  await cluster.api('DELETE', `/api/v1/namespaces/${snapshot.namespace}/pods/${old}`);
  const movedOn = await forwards.until(() => {
    const now = forwards.byAlias(snapshot.alias);
    return now.status === 'active' && now.pods.length > 0 && !now.pods.includes(old);
  }, startMs);
  const now = forwards.byAlias(snapshot.alias);
  if (!movedOn) throw new Error(`did not come back after its pod ${old} was deleted: ${describe(now)}`);
  const { body } = await httpGet(now.localAddress, now.localPort);
  if (body.includes(old)) throw new Error(`still answered by the deleted pod ${old}`);
  return `${old} replaced; ${await answersFromItsPod(now)}`;
}

function describe({ status, fault }) {
  return fault ? `${status}: ${fault.message}${fault.hint ? ` ${fault.hint}` : ''}` : status;
}
