import * as vscode from 'vscode';
import { SidecarCancelledError, SidecarCrashedError, SidecarStoppedError, SidecarUnusableError } from '../sidecar/errors';
import { add } from './add/add';
import { copyAddress, copyAs, copyKubectl, copyUrl, openInBrowser, openInIntegratedBrowser, resolveLocalAddress } from './address';
import { importAnnotated, refresh } from './clusters';
import { openUserConfig, openWorkspaceConfig, revealInConfig } from './config';
import { allowKubeconfig } from './consent';
import { type CommandContext, type CommandTable } from './context';
import { groupBy, selectContext, selectKubeconfig } from './defaults';
import { diagnose } from './diagnose';
import { changeLocalPort, duplicateForward, editForward, removeForward } from './edit';
import { copyDiagnostics, showForwardLog, showPodLogs } from './inspect';
import { showMenu } from './menu';
import { removeRelays } from './relays';
import { restart, retry, start, startAll, startGroup, stop, stopAll, stopGroup } from './run';
import { copyReadmeTable, updateReadme } from './readme';
import { manageAutoStart, restartSidecar, showLog } from './service';
import { signIn } from './signIn';
import { NotApplicableError } from './targets';
import { exportKftray, importKftray } from './transfer';
import { notifyError, notifyInformation } from '../views/notify';

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
  'kftray.forwardPort': add,
  'kftray.importAnnotated': importAnnotated,
  'kftray.refresh': refresh,
  'kftray.allowKubeconfig': allowKubeconfig,
  'kftray.signIn': signIn,
  'kftray.diagnose': diagnose,
  'kftray.openInBrowser': openInBrowser,
  'kftray.openInIntegratedBrowser': openInIntegratedBrowser,
  'kftray.copyAddress': copyAddress,
  'kftray.copyUrl': copyUrl,
  'kftray.copyKubectl': copyKubectl,
  'kftray.copyAs': copyAs,
  'kftray.localAddress': resolveLocalAddress,
  'kftray.changeLocalPort': changeLocalPort,
  'kftray.editForward': editForward,
  'kftray.duplicateForward': duplicateForward,
  'kftray.removeForward': removeForward,
  'kftray.revealInConfig': revealInConfig,
  'kftray.openWorkspaceConfig': openWorkspaceConfig,
  'kftray.openUserConfig': openUserConfig,
  'kftray.importKftray': importKftray,
  'kftray.exportKftray': exportKftray,
  'kftray.copyReadmeTable': copyReadmeTable,
  'kftray.updateReadme': updateReadme,
  'kftray.selectContext': selectContext,
  'kftray.selectKubeconfig': selectKubeconfig,
  'kftray.groupBy': groupBy,
  'kftray.showMenu': showMenu,
  'kftray.showLog': showLog,
  'kftray.showForwardLog': showForwardLog,
  'kftray.showPodLogs': showPodLogs,
  'kftray.copyDiagnostics': copyDiagnostics,
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
          return await handler(context, ...args);
        } catch (error) {
          await show(context, id, error);
          return undefined;
        }
      }),
    ),
  );
}

async function show({ log, serviceNotice }: CommandContext, id: string, error: unknown): Promise<void> {
  if (error instanceof SidecarStoppedError || error instanceof SidecarCancelledError || error instanceof vscode.CancellationError) {
    return; // The window closes, or the user changed their mind.
  }
  if (error instanceof NotApplicableError) {
    void notifyInformation(error.message);
    return;
  }
  if (error instanceof SidecarUnusableError || error instanceof SidecarCrashedError) {
    return serviceNotice.tell(error);
  }
  log.error(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  const showLogAction = vscode.l10n.t('Show Log');
  const answer = await notifyError(error instanceof Error ? error.message : String(error), showLogAction);
  if (answer !== undefined) {
    log.show();
  }
}
