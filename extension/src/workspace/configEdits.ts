import { type Node, type ParseError } from 'jsonc-parser';
import * as vscode from 'vscode';
import { type ForwardProtocol } from '../sidecar/protocol.generated';

/** A forward to be written into a document, in the document's own words. */
export interface NewForward {
  readonly alias: string;
  readonly workload_type?: 'pod' | 'proxy';
  readonly service?: string;
  /** Label selector of the pods. */
  readonly target?: string;
  /** Host behind the cluster. */
  readonly remote_address?: string;
  readonly namespace: string;
  readonly context: string;
  readonly local_port: number;
  readonly remote_port: number | string;
  readonly protocol?: Extract<ForwardProtocol, 'udp'>;
}

/** A replacement in a text: offsets in UTF-16 units. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

/** What a new document says: the object form, with a place for the first forward. */
export const emptyConfig = '{\n  "version": 1,\n  "forwards": []\n}\n';

/** The document cannot take a forward without a person's help. */
export class ConfigEditError extends Error {
  override readonly name = 'ConfigEditError';
}

/**
 * The edits that append a forward to a document: to `forwards`, or to the bare array of a kftray export. Comments, trailing commas and
 * indentation stay as they are. It looks for the place only; what the document means is the sidecar's to say.
 */
export async function appendForward(text: string, forward: object): Promise<readonly TextEdit[]> {
  const jsonc = await import('jsonc-parser');
  if (text.trim() === '') {
    return [{ offset: 0, length: text.length, content: apply(emptyConfig, await appendForward(emptyConfig, forward)) }];
  }
  const errors: ParseError[] = [];
  const root = jsonc.parseTree(text, errors, { allowTrailingComma: true });
  if (!root || errors.length > 0) {
    throw new ConfigEditError(vscode.l10n.t('The file has a syntax error. Correct it first.'));
  }
  const list = root.type === 'array' ? root : jsonc.findNodeAtLocation(root, ['forwards']);
  if (list?.type === 'array') {
    return appendTo(list, text, forward, jsonc);
  }
  if (list || root.type !== 'object') {
    throw new ConfigEditError(vscode.l10n.t('The file has no list of forwards.'));
  }
  if (jsonc.findNodeAtLocation(root, ['remote_port'])) {
    throw new ConfigEditError(vscode.l10n.t('The file is a single forward. Put it into a list first.'));
  }
  const layout = layoutOf(text);
  return jsonc.modify(text, ['forwards'], [forward], { formattingOptions: { insertSpaces: layout.indent !== '\t', tabSize: layout.indent.length, eol: layout.eol } });
}

/** Appends several, one after the other, as one edit of the whole text. */
export async function appendForwards(text: string, forwards: readonly object[]): Promise<readonly TextEdit[]> {
  let result = text;
  for (const forward of forwards) {
    result = apply(result, await appendForward(result, forward));
  }
  return [{ offset: 0, length: text.length, content: result }];
}

/** jsonc-parser's own insertion would put the new element between the last one and its comment. */
function appendTo(list: Node, text: string, forward: object, jsonc: typeof import('jsonc-parser')): readonly TextEdit[] {
  const { indent, eol } = layoutOf(text);
  const last = list.children?.at(-1);
  const close = list.offset + list.length - 1;
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, last ? last.offset : list.offset)))?.[0] ?? '';
  const inner = last && text.slice(lineStart(text, last.offset), last.offset).trim() === '' ? outer : outer + indent;

  const isOneLine = last !== undefined && !text.slice(last.offset, last.offset + last.length).includes('\n');
  const element = isOneLine ? oneLine(forward) : JSON.stringify(forward, undefined, indent).replaceAll('\n', eol + inner);
  const beforeClose = text.slice(0, close).trimEnd().length;
  const isCloseOnItsOwnLine = text.slice(beforeClose, close).includes('\n');
  const hasTrailingComma = last !== undefined && commaAfter(last, close, text, jsonc);
  const closing = isCloseOnItsOwnLine ? '' : eol + (inner === outer ? outer.slice(indent.length) : outer);
  const insertion = { offset: beforeClose, length: 0, content: `${eol}${inner}${element}${hasTrailingComma ? ',' : ''}${closing}` };
  if (!last || hasTrailingComma) {
    return [insertion];
  }
  const comma = { offset: last.offset + last.length, length: 0, content: ',' };
  return comma.offset === insertion.offset ? [{ ...insertion, content: comma.content + insertion.content }] : [comma, insertion];
}

function commaAfter(node: Node, end: number, text: string, { createScanner }: typeof import('jsonc-parser')): boolean {
  const scanner = createScanner(text.slice(0, end), true);
  scanner.setPosition(node.offset + node.length);
  scanner.scan();
  return text.charAt(scanner.getTokenOffset()) === ',';
}

function oneLine(forward: object): string {
  const members = Object.entries(forward).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{ ${members.join(', ')} }`;
}

/** The first indented line tells. */
function layoutOf(text: string): { indent: string; eol: string } {
  return { indent: /^(\t| +)\S/m.exec(text)?.[1] ?? '  ', eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Applies edits that do not overlap. */
export function apply(text: string, edits: readonly TextEdit[]): string {
  return [...edits].sort((a, b) => b.offset - a.offset).reduce((result, { offset, length, content }) => result.slice(0, offset) + content + result.slice(offset + length), text);
}
