import * as vscode from 'vscode';
import { markdownTable } from '../model/readme';
import { pickFolder } from './config';
import { type CommandContext } from './context';
import { NotApplicableError } from './targets';

/** For a README or a wiki: what there is to forward, as a table. */
export async function copyReadmeTable({ store }: CommandContext): Promise<void> {
  if (store.all.length === 0) {
    throw new NotApplicableError(vscode.l10n.t('There is no port forward to which this applies.'));
  }
  await vscode.env.clipboard.writeText(`${markdownTable(store.all, vscode.l10n.t)}\n`);
}

/** The quick fix in a README says which. */
export async function updateReadme({ readme }: CommandContext, ...[uri]: unknown[]): Promise<void> {
  const folder = uri instanceof vscode.Uri ? vscode.workspace.getWorkspaceFolder(uri) : await pickFolder();
  if (folder) {
    await readme.update(folder);
  }
}
