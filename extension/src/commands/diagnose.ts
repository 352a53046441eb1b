import * as vscode from 'vscode';
import { type Diagnosis } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';
import { changeLocalPort } from './edit';
import { targetForward } from './targets';

/** Has the sidecar look at every link of a forward; offers the fix when there is one, and shows the report. */
export async function diagnose(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Diagnose which port forward?'));
  if (!forward) {
    return;
  }
  const connection = await context.supervisor.connection();
  const diagnosis = await vscode.window.withProgress({ location: { viewId: 'kftray.forwards' } }, (_, cancellation) =>
    connection.request('forward/diagnose', { id: forward.id }, cancellation),
  );
  if (!(await offerFix(context, diagnosis))) {
    await context.reports.show(forward.alias, diagnosis.markdown);
  }
}

/** @returns True when the user has dealt with it without the report. */
async function offerFix(context: CommandContext, { id, verdict, fault }: Diagnosis): Promise<boolean> {
  if (fault?.freePort === undefined) {
    return false;
  }
  const use: vscode.QuickPickItem = { label: vscode.l10n.t('Use local port {0}', fault.freePort), iconPath: new vscode.ThemeIcon('edit') };
  const open: vscode.QuickPickItem = { label: vscode.l10n.t('Open Report'), iconPath: new vscode.ThemeIcon('output') };
  const chosen = await vscode.window.showQuickPick([use, open], { title: vscode.l10n.t('Diagnose Forward'), placeHolder: verdict });
  if (chosen !== use) {
    return chosen === undefined;
  }
  await changeLocalPort(context, id, fault.freePort);
  return true;
}
