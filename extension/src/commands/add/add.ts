import * as vscode from 'vscode';
import { appendForward, type NewForward, type TextEdit } from '../../workspace/configEdits';
import { applyEdits } from '../../workspace/documentEdits';
import { type CommandContext } from '../context';
import { exists, pickFolder } from '../config';
import { type Draft, toForward } from './draft';
import { addSteps } from './steps';
import { runWizard } from './wizard';

/** Add Port Forward…: asks, writes the forward into a document, starts it and shows its row. */
export async function add(context: CommandContext): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new Error(vscode.l10n.t('In Restricted Mode Kftray opens no kubeconfig, because a kubeconfig can run programs. Trust the workspace first.'));
  }
  const draft: Draft = {};
  const isComplete = await runWizard(vscode.l10n.t('Add Port Forward'), addSteps(context), draft);
  const forward = toForward(draft);
  if (!isComplete || !forward) {
    return;
  }
  const uri = await destination(context, draft);
  if (uri) {
    await write(uri, forward);
    await startNew(context, uri);
  }
}

async function destination({ documents }: CommandContext, { saveForUser }: Draft): Promise<vscode.Uri | undefined> {
  if (saveForUser) {
    return documents.userConfigUri;
  }
  const folder = await pickFolder();
  return folder && documents.sharedConfigUri(folder);
}

async function write(uri: vscode.Uri, forward: NewForward): Promise<void> {
  if (!(await exists(uri))) {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(''));
  }
  const document = await vscode.workspace.openTextDocument(uri);
  let edits: readonly TextEdit[];
  try {
    edits = await appendForward(document.getText(), forward);
  } catch (error) {
    await vscode.window.showTextDocument(document);
    throw error;
  }
  await applyEdits(document, edits);
}

async function startNew(context: CommandContext, uri: vscode.Uri): Promise<void> {
  const { ranges } = await context.sync.apply();
  // It was appended, so it is the last of its document.
  const added = ranges.filter((range) => range.uri === uri.toString()).at(-1);
  if (!added) {
    throw new Error(vscode.l10n.t('The forward was saved, but the Problems panel says why it cannot run.'));
  }
  await context.failures.during([added.id], async () => {
    await context.enabled.add([added.id]);
    await context.sync.apply();
    const node = context.tree.nodeOf(added.id);
    if (node) {
      await context.view.reveal(node, { select: true, focus: false });
    }
  });
}
