import * as vscode from 'vscode';
import { type CommandContext } from './context';
import { targetForward } from './targets';
import { notifyWarning } from '../views/notify';

/** Lets forwards use a kubeconfig that came with the workspace, after the user has read what that means. Each path is asked for by itself. */
export async function allowKubeconfig(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, (_, { fault }) => fault?.kind === 'consentRequired', vscode.l10n.t('Allow the kubeconfig of which port forward?'));
  const path = forward?.fault?.path;
  if (!forward || path === undefined) {
    return;
  }
  const allow = vscode.l10n.t('Allow');
  const detail = vscode.l10n.t('A kubeconfig can run programs. Allow {0} only if you trust who wrote it.', path);
  if ((await notifyWarning(forward.fault?.message ?? '', { modal: true, detail }, allow)) === allow) {
    await context.consents.add(path);
    await context.sync.apply();
  }
}
