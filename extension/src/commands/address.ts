import * as vscode from 'vscode';
import { findForwards } from '../integrations/starting';
import { localAddress, localHost, localUrl } from '../model/address';
import { copyChoices, kubectlCommand } from '../model/copyAs';
import { type CommandContext } from './context';
import { type Applies, stateOf, targetForward } from './targets';

const hasAddress: Applies = (_, { localPort }) => localPort !== 0;
const hasUrl: Applies = (_, snapshot) => snapshot.localPort !== 0 && localUrl(snapshot) !== undefined;
const isOpen: Applies = (state, snapshot) => state === 'active' && localUrl(snapshot) !== undefined;

export async function copyAddress(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, hasAddress, vscode.l10n.t('Copy the address of which port forward?'));
  await copy(forward && localAddress(forward));
}

export async function copyUrl(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, hasUrl, vscode.l10n.t('Copy the URL of which port forward?'));
  await copy(forward && localUrl(forward));
}

export async function copyKubectl(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, (_, snapshot) => kubectlCommand(snapshot) !== undefined, vscode.l10n.t('Copy the command of which port forward?'));
  await copy(forward && kubectlCommand(forward));
}

/** Copy As…: every way to write the forward down, to choose from. */
export async function copyAs(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, hasAddress, vscode.l10n.t('Copy which port forward?'));
  if (!forward) {
    return;
  }
  const choices = copyChoices(forward, vscode.l10n.t).map(({ label, text }) => ({ label, detail: text, text }));
  const chosen = await vscode.window.showQuickPick(choices, { placeHolder: vscode.l10n.t('Copy {0} as…', forward.alias), matchOnDetail: true });
  await copy(chosen?.text);
}

export async function openInBrowser(context: CommandContext, ...args: unknown[]): Promise<void> {
  const uri = await externalUri(context, args);
  if (uri) {
    await vscode.env.openExternal(uri);
  }
}

export async function openInIntegratedBrowser(context: CommandContext, ...args: unknown[]): Promise<void> {
  const uri = await externalUri(context, args);
  if (uri) {
    await vscode.commands.executeCommand('simpleBrowser.api.open', uri);
  }
}

/**
 * For `launch.json` and `tasks.json`, as an input of type `command`. The argument is the alias, or `{ forward, part }` with part `host`, `port` or
 * `address`; without one the user picks.
 * @returns The address that reaches the forward; undefined when the user left.
 */
export async function resolveLocalAddress(context: CommandContext, argument?: unknown): Promise<string | undefined> {
  const { alias, part } = addressRequest(argument);
  if (alias === undefined) {
    const forward = await targetForward(context, [], hasAddress, vscode.l10n.t('The address of which port forward?'));
    return forward && localAddress(forward);
  }
  // Compared and not matched: no character is special in an alias.
  const forward = (await findForwards(context, ['*'])).find((snapshot) => snapshot.alias === alias);
  if (!forward || !hasAddress(stateOf(context, forward), forward)) {
    throw new Error(forward ? vscode.l10n.t('{0} has no local port before it is started.', alias) : vscode.l10n.t('There is no port forward named {0}.', alias));
  }
  switch (part) {
    case 'host':
      return localHost(forward);
    case 'port':
      return String(forward.localPort);
    case 'address':
      return localAddress(forward);
  }
}

type AddressPart = 'host' | 'port' | 'address';

function addressRequest(argument: unknown): { alias: string | undefined; part: AddressPart } {
  if (typeof argument === 'string') {
    return { alias: argument, part: 'address' };
  }
  if (typeof argument === 'object' && argument !== null && 'forward' in argument && typeof argument.forward === 'string') {
    const part = 'part' in argument ? argument.part : 'address';
    if (part === 'host' || part === 'port' || part === 'address') {
      return { alias: argument.forward, part };
    }
    throw new Error(vscode.l10n.t('The part of an address is "host", "port" or "address".'));
  }
  return { alias: undefined, part: 'address' };
}

/** In a remote window the browser is elsewhere: the editor knows how it gets here. */
async function externalUri(context: CommandContext, args: readonly unknown[]): Promise<vscode.Uri | undefined> {
  const forward = await targetForward(context, args, isOpen, vscode.l10n.t('Open which port forward?'));
  const url = forward && localUrl(forward);
  return url === undefined ? undefined : vscode.env.asExternalUri(vscode.Uri.parse(url));
}

async function copy(text: string | undefined): Promise<void> {
  if (text !== undefined) {
    await vscode.env.clipboard.writeText(text);
  }
}
