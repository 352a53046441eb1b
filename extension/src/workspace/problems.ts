import * as vscode from 'vscode';
import { type Problem, type ProblemFix, type ProblemSeverity, type TextRange } from '../sidecar/protocol.generated';

const severities: Record<ProblemSeverity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

/** What the sidecar has to say about the documents, in the Problems panel. */
export class Problems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('kftray');
  private errors = 0;
  private all: readonly Problem[] = [];
  /** What each document was last given. */
  private readonly shown = new Map<string, string>();

  /** How many problems keep a forward, or a whole document, from being applied. */
  get errorCount(): number {
    return this.errors;
  }

  show(problems: readonly Problem[]): void {
    this.all = problems;
    this.errors = problems.filter(({ severity }) => severity === 'error').length;
    // Only what changed: taken away and set again, the same problem would flicker.
    for (const uri of new Set([...this.shown.keys(), ...problems.map((problem) => problem.uri)])) {
      const ofDocument = problems.filter((problem) => problem.uri === uri);
      const text = ofDocument.length === 0 ? undefined : JSON.stringify(ofDocument);
      if (text === this.shown.get(uri)) {
        continue;
      }
      this.collection.set(vscode.Uri.parse(uri), ofDocument.map(toDiagnostic));
      if (text === undefined) {
        this.shown.delete(uri);
      } else {
        this.shown.set(uri, text);
      }
    }
  }

  /** What would settle a problem that is shown, if a program can. */
  fixOf(uri: vscode.Uri, { code, message, range }: vscode.Diagnostic): ProblemFix | undefined {
    const place = uri.toString();
    return this.all.find((problem) => problem.uri === place && problem.code === code && problem.message === message && toRange(problem.range).isEqual(range))?.fix;
  }

  dispose(): void {
    this.collection.dispose();
  }
}

function toDiagnostic({ range, message, severity, code }: Problem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(toRange(range), message, severities[severity]);
  diagnostic.source = 'kftray';
  diagnostic.code = code;
  return diagnostic;
}

export function toRange({ startLine, startColumn, endLine, endColumn }: TextRange): vscode.Range {
  return new vscode.Range(startLine, startColumn, endLine, endColumn);
}
