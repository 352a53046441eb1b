import * as vscode from 'vscode';
import { SidecarCrashedError, SidecarStoppedError, SidecarUnusableError } from '../sidecar/errors';
import { add } from './add/add';
import { copyAddress, openInBrowser } from './address';
import { openUserConfig, openWorkspaceConfig, revealInConfig } from './config';
import { allowKubeconfig } from './consent';
import { type CommandContext, type CommandTable } from './context';
import { diagnose } from './diagnose';
import { showMenu } from './menu';
import { removeRelays } from './relays';
import { restart, retry, start, startAll, startGroup, stop, stopAll, stopGroup } from './run';
import { manageAutoStart, restartSidecar, showLog } from './service';

/** Every command of the manifest, and no other: a test compares them. */
export const commands: CommandTable = {
  'kftray.start': start,
  'kftray.stop': stop,
  'kftray.restart': restart,
  'kftray.retry': retry,
  'kftray.startGroup': startGroup,
  'kftray.stopGroup': stopGroup,
  'kftray.startAll': startAll,
  'kftray.stopAll': stopAll,
  'kftray.add': add,
  'kftray.allowKubeconfig': allowKubeconfig,
  'kftray.diagnose': diagnose,
  'kftray.openInBrowser': openInBrowser,
  'kftray.copyAddress': copyAddress,
  'kftray.revealInConfig': revealInConfig,
  'kftray.openWorkspaceConfig': openWorkspaceConfig,
  'kftray.openUserConfig': openUserConfig,
  'kftray.showMenu': showMenu,
  'kftray.showLog': showLog,
  'kftray.restartSidecar': restartSidecar,
  'kftray.manageAutoStart': manageAutoStart,
  'kftray.removeRelays': removeRelays,
};

/** Handlers throw; this is the only place that catches and shows. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([id, handler]) =>
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        try {
          await handler(context, ...args);
        } catch (error) {
          await show(context, id, error);
        }
      }),
    ),
  );
}

async function show({ log, serviceNotice }: CommandContext, id: string, error: unknown): Promise<void> {
  if (error instanceof SidecarStoppedError || error instanceof vscode.CancellationError) {
    return; // The window closes, or the user changed their mind.
  }
  if (error instanceof SidecarUnusableError || error instanceof SidecarCrashedError) {
    return serviceNotice.tell(error);
  }
  log.error(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const showLogAction = vscode.l10n.t('Show Log');
  const answer = await vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error), showLogAction);
  if (answer !== undefined) {
    log.show();
  }
}
