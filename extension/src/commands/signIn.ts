import * as vscode from 'vscode';
import { type CommandContext } from './context';
import { targetForward } from './targets';

/** Lets what issues the credentials of a cluster ask the user: for all forwards of that cluster. */
export async function signIn(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, (_, { fault }) => fault?.kind === 'signInRequired', vscode.l10n.t('Sign in for which port forward?'));
  if (!forward) {
    return;
  }
  const connection = await context.supervisor.connection();
  const title = vscode.l10n.t('Signing in to {0}…', forward.context ?? forward.alias);
  // A browser may be waiting for the user: this can take minutes, and it can be given up.
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const { fault } = await vscode.window.withProgress(options, (_, token) => connection.request('cluster/signIn', { id: forward.id }, token));
  if (fault) {
    throw new Error([fault.message, fault.hint].filter(Boolean).join(' '));
  }
}
