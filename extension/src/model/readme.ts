import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { escapeMarkdown } from './markdown';
import { type Translate } from './translate';

/** Between these two lines the table of forwards is ours. */
export const beginMarker = '<!-- kftray:begin -->';
export const endMarker = '<!-- kftray:end -->';

/** The forwards as a table for people. It holds what the documents say, never a state. */
export function markdownTable(forwards: readonly ForwardSnapshot[], t: Translate): string {
  const header = [t('Forward'), t('Local address'), t('Target'), t('Protocol')];
  const rows = forwards.map((forward) => {
    const port = forward.configuredLocalPort ?? forward.localPort;
    const host = forward.localAddress === '127.0.0.1' ? 'localhost' : forward.localAddress;
    return [cell(forward.alias), port === 0 ? t('any free port') : code(`${host}:${port}`), code(forward.target), forward.protocol.toUpperCase()];
  });
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Where the table of a README stands, as offsets of what lies between the markers. */
export interface MarkedSection {
  readonly start: number;
  readonly end: number;
}

/** Undefined when the text has no begin marker with an end marker after it. */
export function findSection(text: string): MarkedSection | undefined {
  const begin = text.indexOf(beginMarker);
  const end = text.indexOf(endMarker, begin);
  return begin < 0 || end < 0 ? undefined : { start: begin + beginMarker.length, end };
}

/** True when the section says something other than the table. Line ends and white space at the edges do not count. */
export function isStale(text: string, section: MarkedSection, table: string): boolean {
  return normalized(text.slice(section.start, section.end)) !== normalized(table);
}

/** What belongs between the markers. */
export function sectionText(text: string, table: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return `${eol}${table.replaceAll('\n', eol)}${eol}`;
}

function normalized(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}

function cell(text: string): string {
  return escapeMarkdown(text).replaceAll(/\\(?=[-.!#+])/g, '');
}

/** In a table a pipe ends the cell even inside a code span. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
}
