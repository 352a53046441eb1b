import * as vscode from 'vscode';

/** Throws in Restricted Mode. */
export function requireTrust(): void {
  if (!vscode.workspace.isTrusted) {
    throw new Error(vscode.l10n.t('In Restricted Mode Kftray starts nothing and opens no kubeconfig, because a kubeconfig can run programs. Trust the workspace first.'));
  }
}
