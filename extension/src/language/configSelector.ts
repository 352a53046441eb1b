import type * as vscode from 'vscode';
import { sessionScheme } from '../workspace/sessionDocuments';
import { workspaceSchemes } from '../workspace/workspaceSchemes';

/** The config documents. Without a scheme the editor would warn in its log. */
export const configSelector: vscode.DocumentSelector = [...workspaceSchemes, 'vscode-userdata', sessionScheme].map((scheme) => ({
  scheme,
  pattern: '**/{.vscode/kftray.json,.vscode/kftray.local.json,kftray.kftray-vscode/forwards.json,kftray/session-forwards.json}',
}));
