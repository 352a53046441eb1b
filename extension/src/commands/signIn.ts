import * as vscode from 'vscode';
import { pendingSignIns, signInTitle } from '../model/signIns';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';
import { type Applies, NotApplicableError, targetForward } from './targets';
import { plain } from '../model/markdown';

const needsSignIn: Applies = (_, { fault }) => fault?.kind === 'signInRequired';

/** Lets what issues the credentials of a cluster ask the user: for all forwards of that cluster. */
export async function signIn(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = args.length > 0 ? await targetForward(context, args, needsSignIn, '') : await pickContext(context);
  if (!forward) {
    return;
  }
  const connection = await context.supervisor.connection();
  const title = vscode.l10n.t('Signing in to {0}…', forward.context ?? forward.alias);
  // A browser may be waiting for the user: this can take minutes, and it can be given up.
  const options = { location: vscode.ProgressLocation.Notification, title: plain(title), cancellable: true };
  const { fault } = await vscode.window.withProgress(options, (_, token) => connection.request('cluster/signIn', { id: forward.id }, token));
  if (fault) {
    throw new Error([fault.message, fault.hint].filter(Boolean).join(' '));
  }
}

/** From the palette it is about a context, whichever forward waits for it. */
async function pickContext({ store }: CommandContext): Promise<ForwardSnapshot | undefined> {
  const pending = pendingSignIns(store.all);
  const [only, ...others] = pending;
  if (!only) {
    throw new NotApplicableError(vscode.l10n.t('No port forward waits for you to sign in.'));
  }
  const items = pending.map((forward) => ({ label: signInTitle(forward, vscode.l10n.t), forward }));
  return others.length === 0 ? only : (await vscode.window.showQuickPick(items))?.forward;
}
