import { eachLine } from '../lib/lines.mjs';
import { sidecarBinary } from '../lib/paths.mjs';
import { start, stop } from '../lib/processes.mjs';

/** The arguments of `kftray-sidecar up`. */
export function upArguments({ config, kubeconfig, only = [] }) {
  return ['up', ...config.flatMap((file) => ['--config', file]), ...(kubeconfig ? ['--kubeconfig', kubeconfig] : []), ...only.flatMap((alias) => ['--only', alias])];
}

/** `up --json`: the newest snapshot of every forward, and a way to wait for what they come to. */
export function followForwards(options) {
  const started = start(sidecarBinary, [...upArguments(options), '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const snapshots = new Map();
  const waiters = new Set();
  let ended = false;
  const wake = () => waiters.forEach((waiter) => waiter());
  void eachLine(started.child.stdout, (line) => {
    const snapshot = JSON.parse(line);
    snapshots.set(snapshot.id, snapshot);
    wake();
  });
  void started.exited.then(() => ((ended = true), wake()));

  return {
    all: () => [...snapshots.values()],
    byAlias: (alias) => [...snapshots.values()].find((snapshot) => snapshot.alias === alias),
    /** True when `condition(snapshots)` came to hold, false when time ran out or the sidecar ended first. */
    until(condition, timeoutMs) {
      return new Promise((resolve) => {
        const settle = (result) => (waiters.delete(check), clearTimeout(timer), resolve(result));
        const check = () => (condition([...snapshots.values()]) ? settle(true) : ended && settle(false));
        const timer = setTimeout(() => settle(false), timeoutMs);
        waiters.add(check);
        check();
      });
    },
    hasEnded: () => ended,
    async stop() {
      await stop(started, { with: 'SIGINT', graceMs: 5000 });
      return await started.exited;
    },
  };
}
