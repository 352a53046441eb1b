import { sidecarBinary } from '../lib/paths.mjs';
import { start, takeSignals } from '../lib/processes.mjs';
import { upArguments } from './sidecar.mjs';

/** The forwards in this terminal, until Ctrl+C. Resolves to the exit code. */
export async function runLive(options) {
  // In our process group, so that it owns the terminal and Ctrl+C reaches it without us.
  const started = start(sidecarBinary, upArguments(options), { group: false });
  takeSignals((signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) started.child.kill(signal);
  });
  return await started.exited;
}
