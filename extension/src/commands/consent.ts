import * as vscode from 'vscode';
import { type CommandContext } from './context';
import { targetForward } from './targets';

/** Lets the forwards of a folder use kubeconfigs that lie in it, after the user has read what that means. */
export async function allowKubeconfig(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, (_, { fault }) => fault?.kind === 'consentRequired', vscode.l10n.t('Allow the kubeconfig of which port forward?'));
  const folder = forward && vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(forward.uri));
  if (!forward || !folder) {
    return;
  }
  const allow = vscode.l10n.t('Allow');
  const detail = vscode.l10n.t('A kubeconfig can run programs. Allow the kubeconfigs inside the folder {0} only if you trust who wrote them.', folder.name);
  if ((await vscode.window.showWarningMessage(forward.fault?.message ?? '', { modal: true, detail }, allow)) === allow) {
    await context.consents.add(folder.uri.fsPath);
    await context.sync.apply();
  }
}
