import { type CommandContext } from './context';

export function showLog({ log }: CommandContext): Promise<void> {
  log.show();
  return Promise.resolve();
}

/** Forwards go down and come back: what is wanted is sent to the new process. */
export async function restartSidecar({ supervisor }: CommandContext): Promise<void> {
  await supervisor.restart();
}

export async function manageAutoStart({ autoStart }: CommandContext): Promise<void> {
  await autoStart.manage();
}
