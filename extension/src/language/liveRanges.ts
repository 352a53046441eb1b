import type * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { type ForwardRange } from '../sidecar/protocol.generated';
import { type WorkspaceSync } from '../workspace/workspaceSync';

type LiveDocument = Pick<vscode.TextDocument, 'isDirty' | 'uri' | 'getText' | 'positionAt'>;

/**
 * Where a document defines forwards. The sidecar knows the places of the saved text; with unsaved changes they would be those of other forwards,
 * so there each is looked for by its name, and left out where that does not stand exactly once.
 */
export function liveRanges({ ranges }: Pick<WorkspaceSync, 'ranges'>, store: Pick<ForwardStore, 'get'>, document: LiveDocument): readonly ForwardRange[] {
  const uri = document.uri.toString();
  const saved = ranges.filter((range) => range.uri === uri);
  if (!document.isDirty) {
    return saved;
  }
  const text = document.getText();
  return saved.flatMap(({ id }) => {
    const alias = store.get(id)?.alias;
    const place = alias === undefined ? undefined : placeOf(text, alias);
    if (!place) {
      return [];
    }
    const [start, end] = [document.positionAt(place.start), document.positionAt(place.end)];
    return [{ id, uri, range: { startLine: start.line, startColumn: start.character, endLine: end.line, endColumn: end.character } }];
  });
}

/** From the brace of the object to the end of its name. */
function placeOf(text: string, alias: string): { readonly start: number; readonly end: number } | undefined {
  const name = JSON.stringify(alias).replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
  const [only, ...others] = text.matchAll(new RegExp(String.raw`"alias"\s*:\s*${name}`, 'g'));
  const start = only && others.length === 0 ? openBrace(text, only.index) : undefined;
  return only && start !== undefined ? { start, end: only.index + only[0].length } : undefined;
}

/** The brace that is open at an offset. */
function openBrace(text: string, offset: number): number | undefined {
  let closed = 0;
  for (let index = offset - 1; index >= 0; index--) {
    const character = text.charAt(index);
    if (character === '}') {
      closed++;
    } else if (character === '{' && closed-- === 0) {
      return index;
    }
  }
  return undefined;
}
