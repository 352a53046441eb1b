import * as vscode from 'vscode';
import { type TextEdit } from './configEdits';

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
