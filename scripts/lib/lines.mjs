import { createInterface } from 'node:readline';

/** Calls `onLine` for each line of a stream; resolves at its end. */
export function eachLine(stream, onLine) {
  return new Promise((resolve) => createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine).once('close', resolve));
}
