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

  /** How many problems keep a forward, or a whole document, from being applied. */
  get errorCount(): number {
    return this.errors;
  }

  show(problems: readonly Problem[]): void {
    this.all = problems;
    this.errors = problems.filter(({ severity }) => severity === 'error').length;
    const byUri = new Map<string, vscode.Diagnostic[]>();
    for (const problem of problems) {
      const diagnostic = new vscode.Diagnostic(toRange(problem.range), problem.message, severities[problem.severity]);
      diagnostic.source = 'kftray';
      diagnostic.code = problem.code;
      byUri.set(problem.uri, [...(byUri.get(problem.uri) ?? []), diagnostic]);
    }
    this.collection.clear();
    this.collection.set([...byUri].map(([uri, diagnostics]) => [vscode.Uri.parse(uri), diagnostics]));
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

export function toRange({ startLine, startColumn, endLine, endColumn }: TextRange): vscode.Range {
  return new vscode.Range(startLine, startColumn, endLine, endColumn);
}
