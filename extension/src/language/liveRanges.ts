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
  const names = namesIn(text);
  return saved.flatMap(({ id }) => {
    const alias = store.get(id)?.alias;
    const [only, ...others] = alias === undefined ? [] : (names.get(JSON.stringify(alias)) ?? []);
    const start = only && others.length === 0 ? openBrace(text, only.start) : undefined;
    if (!only || start === undefined) {
      return [];
    }
    const [from, to] = [document.positionAt(start), document.positionAt(only.end)];
    return [{ id, uri, range: { startLine: from.line, startColumn: from.character, endLine: to.line, endColumn: to.character } }];
  });
}

/** Where each name stands, by how it is written in JSON. The text is looked through once: lenses are asked for while somebody types. */
function namesIn(text: string): ReadonlyMap<string, readonly { readonly start: number; readonly end: number }[]> {
  const names = new Map<string, { start: number; end: number }[]>();
  for (const { 0: member, 1: name = '', index } of text.matchAll(/"alias"\s*:\s*("(?:[^"\\]|\\.)*")/g)) {
    names.set(name, [...(names.get(name) ?? []), { start: index, end: index + member.length }]);
  }
  return names;
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
