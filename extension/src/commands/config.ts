import * as vscode from 'vscode';
import { emptyConfig } from '../workspace/configEdits';
import { exists } from '../workspace/documentEdits';
import { toRange } from '../workspace/problems';
import { type CommandContext } from './context';
import { targetForward } from './targets';

/** Opens the workspace's forwards; a file that does not exist yet is made. */
export async function openWorkspaceConfig({ documents }: CommandContext): Promise<void> {
  const folder = await pickFolder();
  if (folder) {
    await openOrCreate(documents.sharedConfigUri(folder));
  }
}

export async function openUserConfig({ documents }: CommandContext): Promise<void> {
  await openOrCreate(documents.userConfigUri);
}

export async function revealInConfig(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Go to which port forward?'));
  if (forward) {
    const range = context.sync.ranges.find(({ id }) => id === forward.id)?.range;
    const selection = range ? toRange(range) : new vscode.Range(forward.line, 0, forward.line, 0);
    await vscode.window.showTextDocument(vscode.Uri.parse(forward.uri), { selection });
  }
}

/** The folder to work in; asks when there are several. */
export async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) {
    return vscode.window.showWorkspaceFolderPick({ placeHolder: vscode.l10n.t('The port forwards of which folder?') });
  }
  if (!folders[0]) {
    throw new Error(vscode.l10n.t('Open a folder first: its port forwards are kept in .vscode/kftray.json.'));
  }
  return folders[0];
}

async function openOrCreate(uri: vscode.Uri): Promise<void> {
  if (!(await exists(uri))) {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(emptyConfig));
  }
  await vscode.window.showTextDocument(uri);
}
