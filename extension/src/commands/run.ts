import * as vscode from 'vscode';
import { requestEach, wantForwards } from '../integrations/starting';
import { canStart, isWanted } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';
import { type Applies, groupForwards, stateOf, targetForwards } from './targets';
import { requireTrust } from './trust';

const canStop: Applies = (state) => isWanted(state);
const canRetry: Applies = (state) => state === 'error' || state === 'elsewhere' || state === 'degraded' || state === 'reconnecting';

export async function start(context: CommandContext, ...args: unknown[]): Promise<void> {
  await startForwards(context, await targetForwards(context, args, canStart, vscode.l10n.t('Start which port forward?')));
}

export async function stop(context: CommandContext, ...args: unknown[]): Promise<void> {
  await stopForwards(context, await targetForwards(context, args, canStop, vscode.l10n.t('Stop which port forward?')));
}

/** Closes connections and begins anew. */
export async function restart(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forwards = await targetForwards(context, args, canStop, vscode.l10n.t('Restart which port forward?'));
  await requestEach(context.supervisor, 'forward/restart', forwards);
}

/** Tries at once what a forward waits for; its connections stay. */
export async function retry(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forwards = await targetForwards(context, args, canRetry, vscode.l10n.t('Retry which port forward?'));
  await requestEach(context.supervisor, 'forward/retry', forwards);
}

export async function startAll(context: CommandContext): Promise<void> {
  requireTrust();
  await startForwards(
    context,
    context.store.all.filter((snapshot) => canStart(stateOf(context, snapshot))),
  );
}

export async function stopAll(context: CommandContext): Promise<void> {
  await context.enabled.remove(context.enabled.ids);
  // A service that has not been needed yet runs nothing that could be stopped.
  if (context.supervisor.status !== 'idle') {
    await applyWithProgress(context);
  }
}

/** The forwards of a group that can be started; none is no error. */
export async function startGroup(context: CommandContext, ...args: unknown[]): Promise<void> {
  requireTrust();
  await startForwards(context, groupForwards(context, args, canStart));
}

export async function stopGroup(context: CommandContext, ...args: unknown[]): Promise<void> {
  await stopForwards(context, groupForwards(context, args, canStop));
}

/** Wants the forwards, and shows what failed. */
export async function startForwards(context: CommandContext, forwards: readonly ForwardSnapshot[]): Promise<void> {
  if (forwards.length === 0) {
    return;
  }
  requireTrust();
  const ids = forwards.map(({ id }) => id);
  await context.failures.during(ids, async () => {
    await wantForwards(context, ids, () => applyWithProgress(context));
  });
}

async function stopForwards(context: CommandContext, forwards: readonly ForwardSnapshot[]): Promise<void> {
  if (forwards.length > 0) {
    await context.enabled.remove(forwards.map(({ id }) => id));
    await applyWithProgress(context);
  }
}

async function applyWithProgress({ sync }: CommandContext): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: 'kftray.forwards' } }, () => sync.apply());
}
