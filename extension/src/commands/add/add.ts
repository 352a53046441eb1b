import * as vscode from 'vscode';
import { heardOf } from '../../integrations/starting';
import { appendForward } from '../../workspace/configEdits';
import { editDocument } from '../../workspace/documentEdits';
import { sessionConfigUri } from '../../workspace/sessionDocuments';
import { pickFolder } from '../config';
import { type CommandContext } from '../context';
import { requireTrust } from '../trust';
import { draftOf, type SaveTarget, toForward } from './draft';
import { addSteps } from './steps';
import { runWizard } from './wizard';

/** Add Port Forward…: asks, writes the forward into a document, starts it and shows its row. A row of the clusters answers most of it. */
export async function add(context: CommandContext, ...args: unknown[]): Promise<void> {
  requireTrust();
  const draft = draftOf(args[0]);
  const isComplete = await runWizard(vscode.l10n.t('Add Port Forward'), addSteps(context, draft), draft);
  const forward = toForward(draft);
  if (!isComplete || !forward) {
    return;
  }
  const uri = await destination(context, draft.saveTo);
  if (uri) {
    await editDocument(uri, (text) => appendForward(text, forward));
    await startNew(context, uri);
  }
}

/** Where new forwards are kept. Undefined when the user left. */
export async function destination({ documents }: CommandContext, saveTo: SaveTarget | undefined): Promise<vscode.Uri | undefined> {
  switch (saveTo) {
    case 'session':
      return sessionConfigUri;
    case 'user':
      return documents.userConfigUri;
    case 'workspace':
    case undefined: {
      const folder = await pickFolder();
      return folder && documents.sharedConfigUri(folder);
    }
  }
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
    await heardOf(context, [added.id]);
    const node = context.tree.nodeOf(added.id);
    if (node) {
      await context.view.reveal(node, { select: true, focus: false });
    }
  });
}
