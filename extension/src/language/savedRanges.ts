import type * as vscode from 'vscode';
import { type ForwardRange } from '../sidecar/protocol.generated';
import { type WorkspaceSync } from '../workspace/workspaceSync';

/** Where a document defines forwards. Nothing while it has unsaved changes: the places are those of the saved text, and would name other forwards. */
export function savedRanges(sync: Pick<WorkspaceSync, 'ranges'>, { isDirty, uri }: Pick<vscode.TextDocument, 'isDirty' | 'uri'>): readonly ForwardRange[] {
  const text = uri.toString();
  return isDirty ? [] : sync.ranges.filter((range) => range.uri === text);
}
