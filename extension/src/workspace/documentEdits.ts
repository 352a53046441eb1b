import * as vscode from 'vscode';
import { type ForwardRange } from '../sidecar/protocol.generated';
import { type TextEdit } from './configEdits';

/** Computes the edits of a text; throws when it cannot. */
export type EditText = (text: string) => Promise<readonly TextEdit[]>;

/**
 * Changes a config document and saves it; one that does not exist is made. Where the edits cannot be computed, the document is shown.
 */
export async function editDocument(uri: vscode.Uri, editText: EditText): Promise<void> {
  if (!(await exists(uri))) {
    await vscode.workspace.fs.writeFile(uri, new Uint8Array());
  }
  const document = await vscode.workspace.openTextDocument(uri);
  let edits: readonly TextEdit[];
  try {
    edits = await editText(document.getText());
  } catch (error) {
    await vscode.window.showTextDocument(document);
    throw error;
  }
  await applyEdits(document, edits);
}

/** Changes a document and saves it: an open editor shows it, unsaved work in it is kept, and Undo takes it back. */
export async function applyEdits(document: vscode.TextDocument, edits: readonly TextEdit[]): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of edits) {
    edit.replace(document.uri, new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), content);
  }
  if (!(await vscode.workspace.applyEdit(edit)) || !(await document.save())) {
    throw new Error(vscode.l10n.t('{0} could not be saved.', vscode.workspace.asRelativePath(document.uri)));
  }
}

/** Changes the objects of forwards where the sidecar last saw them: all, or none where a document has unsaved changes. */
export async function editDefinitions(ranges: readonly ForwardRange[], editText: (text: string, offset: number) => Promise<readonly TextEdit[]>): Promise<void> {
  for (const uri of new Set(ranges.map((range) => range.uri))) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    if (document.isDirty) {
      // The place is that of the saved text.
      await vscode.window.showTextDocument(document);
      throw new Error(vscode.l10n.t('{0} has unsaved changes. Save it first.', vscode.workspace.asRelativePath(document.uri)));
    }
  }
  // From the end, so that no edit moves the place of the next.
  for (const { uri, range } of [...ranges].sort((a, b) => b.range.startLine - a.range.startLine || b.range.startColumn - a.range.startColumn)) {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    const offset = document.offsetAt(new vscode.Position(range.startLine, range.startColumn));
    await editDocument(document.uri, (text) => editText(text, offset));
  }
}

export async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
