import * as vscode from 'vscode';
import { type ProblemFix } from '../sidecar/protocol.generated';
import { removeMember } from '../workspace/configPatches';
import { type Problems, toRange } from '../workspace/problems';

/** The sidecar says with a problem what would settle it; here that becomes an edit. */
export class QuickFixes implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  constructor(private readonly problems: Problems) {}

  async provideCodeActions(document: vscode.TextDocument, _: vscode.Range, context: vscode.CodeActionContext): Promise<vscode.CodeAction[]> {
    if (document.isDirty) {
      return []; // The places are those of the saved text.
    }
    const fixes = context.diagnostics.flatMap((diagnostic) => {
      const fix = this.problems.fixOf(document.uri, diagnostic);
      return fix ? [{ diagnostic, fix }] : [];
    });
    return Promise.all(fixes.map(({ diagnostic, fix }) => action(document, diagnostic, fix)));
  }
}

async function action(document: vscode.TextDocument, diagnostic: vscode.Diagnostic, { title, range, newText }: ProblemFix): Promise<vscode.CodeAction> {
  const result = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  result.diagnostics = [diagnostic];
  result.isPreferred = true;
  result.edit = new vscode.WorkspaceEdit();
  if (newText !== undefined) {
    result.edit.replace(document.uri, toRange(range), newText);
    return result;
  }
  for (const { offset, length, content } of await removeMember(document.getText(), document.offsetAt(toRange(range).start))) {
    result.edit.replace(document.uri, new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), content);
  }
  return result;
}
