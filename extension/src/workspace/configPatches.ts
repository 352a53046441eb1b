import { type Node, type ParseError } from 'jsonc-parser';
import * as vscode from 'vscode';
import { appendForward, ConfigEditError, type TextEdit } from './configEdits';

/** New values of keys; undefined takes the key away. */
export type MemberChanges = Readonly<Record<string, string | number | boolean | undefined>>;

type Jsonc = typeof import('jsonc-parser');

/**
 * Edits of a forward that stands in a document already. The sidecar said where its object begins; everything around the changed values, comments
 * and layout included, stays as it is.
 */
export async function changeMembers(text: string, offset: number, changes: MemberChanges): Promise<readonly TextEdit[]> {
  const jsonc = await import('jsonc-parser');
  const node = find(jsonc, text, offset);
  return Object.entries(changes).flatMap(([key, value]): readonly TextEdit[] => {
    const member = node.children?.find(({ children }) => children?.[0]?.value === key);
    const written = member?.children?.[1];
    if (value === undefined) {
      return member ? removal(jsonc, text, [...jsonc.getNodePath(node), key]) : [];
    }
    return written ? [{ offset: written.offset, length: written.length, content: JSON.stringify(value) }] : [insertion(text, node, key, value)];
  });
}

/** Takes the forward out of its list. */
export async function removeForward(text: string, offset: number): Promise<readonly TextEdit[]> {
  const jsonc = await import('jsonc-parser');
  const node = find(jsonc, text, offset);
  const path = jsonc.getNodePath(node);
  return path.length === 0 ? [{ offset: 0, length: text.length, content: '[]\n' }] : removal(jsonc, text, path);
}

/** Takes one member out of the object around it, wherever in the member the offset points. */
export async function removeMember(text: string, offset: number): Promise<readonly TextEdit[]> {
  const jsonc = await import('jsonc-parser');
  const root = parse(jsonc, text);
  const found = jsonc.findNodeAtOffset(root, offset, true);
  const member = found?.type === 'property' ? found : found?.parent;
  if (member?.type !== 'property') {
    throw new ConfigEditError(vscode.l10n.t('The file has changed. Save it and try again.'));
  }
  return removal(jsonc, text, jsonc.getNodePath(member.children?.[1] ?? member));
}

/** Appends a copy of the forward, changed, to the list that it is in. */
export async function duplicateForward(text: string, offset: number, changes: MemberChanges): Promise<readonly TextEdit[]> {
  const jsonc = await import('jsonc-parser');
  const node = find(jsonc, text, offset);
  const copy = { ...(jsonc.getNodeValue(node) as Record<string, unknown>), ...changes };
  // The alias first, as people write it.
  return appendForward(text, { ...('alias' in copy ? { alias: copy.alias } : {}), ...copy });
}

function parse(jsonc: Jsonc, text: string): Node {
  const errors: ParseError[] = [];
  const root = jsonc.parseTree(text, errors, { allowTrailingComma: true });
  if (!root || errors.length > 0) {
    throw new ConfigEditError(vscode.l10n.t('The file has a syntax error. Correct it first.'));
  }
  return root;
}

function find(jsonc: Jsonc, text: string, offset: number): Node {
  const node = jsonc.findNodeAtOffset(parse(jsonc, text), offset, true);
  if (node?.type !== 'object' || node.offset !== offset) {
    throw new ConfigEditError(vscode.l10n.t('The file has changed. Save it and try again.'));
  }
  return node;
}

function removal(jsonc: Jsonc, text: string, path: (string | number)[]): readonly TextEdit[] {
  return jsonc.modify(text, path, undefined, {});
}

/** After the last member, on a line of its own where the others are. */
function insertion(text: string, node: Node, key: string, value: string | number | boolean): TextEdit {
  const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  const last = node.children?.at(-1);
  if (!last) {
    return { offset: node.offset + 1, length: 0, content: ` ${member} ` };
  }
  const end = last.offset + last.length;
  const lineStart = text.lastIndexOf('\n', last.offset - 1) + 1;
  const before = text.slice(lineStart, last.offset);
  const isOnItsOwnLine = before.trim() === '' && lineStart > node.offset;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return { offset: end, length: 0, content: `,${isOnItsOwnLine ? eol + before : ' '}${member}` };
}
