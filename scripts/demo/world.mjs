// The demo's forwards: what each is for, how to try it by hand, and how to prove that it works.
import { readFileSync } from 'node:fs';
import { Failure } from '../lib/report.mjs';
import { banner, echo, httpGet, staysOpen } from './probes.mjs';

const demo = {
  'shop/web': { tryIt: (port) => `curl http://127.0.0.1:${port}/`, probe: answersFromItsPod },
  'shop/orders': { tryIt: (port) => `curl http://127.0.0.1:${port}/`, probe: answersFromItsPod, replace: true },
  'shop/cache': { tryIt: (port) => `echo hello | nc -q 1 127.0.0.1 ${port}`, probe: ({ localAddress, localPort }) => echo(localAddress, localPort) },
  'shop/postgres': { tryIt: (port) => `nc 127.0.0.1 ${port}   (the server speaks first)`, probe: ({ localAddress, localPort }) => banner(localAddress, localPort) },
};

/** How a forward of the demo is proven; any other by what every application does. */
export function probeOf(snapshot, isDemo) {
  if (isDemo && demo[snapshot.alias]) return demo[snapshot.alias].probe;
  if (snapshot.open === 'http') return answersHttp;
  return ({ localAddress, localPort }) => staysOpen(localAddress, localPort);
}

/** The forward whose pod `--once` replaces. */
export const replacedAlias = Object.keys(demo).find((alias) => demo[alias].replace);

/** The forwards of a config file, as far as a script cares: whoever wants to know more asks the sidecar. */
export async function readForwards(file) {
  const { parse } = await import('jsonc-parser');
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error.message}.`);
  }
  const document = parse(text, [], { allowTrailingComma: true });
  return Array.isArray(document) ? document : (document?.forwards ?? [document]);
}

/** Lines to paste while the demo runs. */
export async function whatToTry(config) {
  const forwards = await readForwards(config);
  return forwards.filter(({ alias }) => demo[alias]).map(({ alias, local_port }) => `  ${alias.padEnd(14)} ${demo[alias].tryIt(local_port)}`);
}

async function answersHttp({ localAddress, localPort }) {
  const { status } = await httpGet(localAddress, localPort);
  return `HTTP ${status}`;
}

/** The demo's web servers say their pod's name, so the answer proves the whole road. */
export async function answersFromItsPod({ localAddress, localPort, pods }) {
  const { status, body } = await httpGet(localAddress, localPort);
  const pod = pods.find((name) => body.includes(name));
  if (status !== 200 || !pod) throw new Error(`HTTP ${status} that names none of ${pods.join(', ')}: ${body.slice(0, 80)}`);
  return `HTTP 200 from ${pod}`;
}
