// Real traffic through a forward. A probe resolves to what it saw, or rejects with a sentence.
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { connect } from 'node:net';

const timeoutMs = 30_000;

/**
 * An HTTP request.
 * @returns {Promise<{ status: number, body: string }>}
 */
export function httpGet(host, port, path = '/') {
  return new Promise((resolve, reject) => {
    const sent = get({ host, port, path, agent: false, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('error', reject)
        .on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no HTTP answer within 30 s')));
    sent.on('error', (error) => reject(new Error(`no HTTP answer: ${error.message}`)));
  });
}

/** Sends 256 KiB of noise and wants every byte back. */
export async function echo(host, port) {
  const noise = randomBytes(256 * 1024);
  const received = await talk(host, port, { send: noise, until: (bytes) => bytes.length >= noise.length });
  if (!received.equals(noise)) throw new Error(`sent ${noise.length} bytes and got ${received.length} others back`);
  return `${noise.length / 1024} KiB echoed`;
}

/** Says nothing and waits for the server's first words. */
export async function banner(host, port) {
  const received = await talk(host, port, { until: (bytes) => bytes.length > 0 });
  if (received.length === 0) throw new Error('the server closed without a word');
  return `${received.length} bytes of greeting`;
}

/**
 * For an application we know nothing of: it greets, or it keeps the connection open for a second.
 * The local port accepts whatever happens behind it; a dial that fails in the cluster shows as an early end.
 */
export async function staysOpen(host, port) {
  let quiet = false;
  const received = await talk(host, port, { until: (bytes) => bytes.length > 0, quietMs: 1000, onQuiet: () => (quiet = true) });
  if (received.length > 0) return `${received.length} bytes of greeting`;
  if (!quiet) throw new Error('the connection was closed at once');
  return 'connection accepted and kept open';
}

function talk(host, port, { send, until, quietMs, onQuiet }) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect({ host, port });
    const received = () => Buffer.concat(chunks);
    const finish = () => (clearTimeout(quiet), socket.destroy(), resolve(received()));
    const quiet = quietMs && setTimeout(() => (onQuiet(), finish()), quietMs);
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('nothing came within 30 s')));
    socket.on('error', (error) => (clearTimeout(quiet), reject(error)));
    socket.on('data', (chunk) => (chunks.push(chunk), until(received()) && finish()));
    socket.on('end', finish);
    if (send) socket.write(send);
  });
}
