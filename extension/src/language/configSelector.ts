import type * as vscode from 'vscode';

/** The config documents. Without a scheme the editor would warn in its log. */
export const configSelector: vscode.DocumentSelector = ['file', 'vscode-remote', 'vscode-vfs', 'vscode-userdata', 'kftray-session'].map((scheme) => ({
  scheme,
  pattern: '**/{.vscode/kftray.json,.vscode/kftray.local.json,kftray.kftray-vscode/forwards.json,kftray/session-forwards.json}',
}));
