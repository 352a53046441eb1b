import { createServer } from 'node:net';

/** True when nobody listens there now. Only a listener that is tried can tell. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** How many ports above the wanted one are tried. */
const attempts = 50;

/** The next port above `port` that nobody listens on and no other forward wants; undefined when there is none nearby. */
export async function nextFreePort(port: number, taken: ReadonlySet<number>, free: (port: number) => Promise<boolean> = isFree): Promise<number | undefined> {
  for (let candidate = port + 1; candidate <= Math.min(port + attempts, 65_535); candidate++) {
    if (!taken.has(candidate) && (await free(candidate))) {
      return candidate;
    }
  }
  return undefined;
}
