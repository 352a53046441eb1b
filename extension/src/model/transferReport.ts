import { type TransferNote } from '../sidecar/protocol.generated';
import { escapeMarkdown } from './markdown';
import { type Translate } from './translate';

/** What was left out, for reading. */
export function transferReport(title: string, summary: string, notes: readonly TransferNote[], t: Translate): string {
  const rows = notes.map(({ alias, key, message }) => `| ${escapeMarkdown(alias)} | ${escapeMarkdown(key)} | ${escapeMarkdown(message)} |`);
  const table = [`| ${t('Forward')} | ${t('Key')} | ${t('Why it was left out')} |`, '| --- | --- | --- |', ...rows];
  return [`# ${title}`, '', summary, '', ...(notes.length > 0 ? table : []), ''].join('\n');
}
