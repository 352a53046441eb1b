import * as vscode from 'vscode';
import { localAddress, localUrl } from '../model/address';
import { type CommandContext } from './context';
import { type Applies, targetForward } from './targets';

const hasAddress: Applies = (_, { localPort }) => localPort !== 0;

export async function copyAddress(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, hasAddress, vscode.l10n.t('Copy the address of which port forward?'));
  if (forward) {
    await vscode.env.clipboard.writeText(localAddress(forward));
  }
}

export async function openInBrowser(context: CommandContext, ...args: unknown[]): Promise<void> {
  const applies: Applies = (state, snapshot) => state === 'active' && localUrl(snapshot) !== undefined;
  const forward = await targetForward(context, args, applies, vscode.l10n.t('Open which port forward?'));
  const url = forward && localUrl(forward);
  if (url) {
    // In a remote window the browser is elsewhere: the editor knows how it gets here.
    await vscode.env.openExternal(await vscode.env.asExternalUri(vscode.Uri.parse(url)));
  }
}
