import * as vscode from 'vscode';
import { transferReport } from '../model/transferReport';
import { type TransferNote } from '../sidecar/protocol.generated';
import { appendForwards } from '../workspace/configEdits';
import { editDocument } from '../workspace/documentEdits';
import { destination } from './add/add';
import { pickSaveTarget } from './clusters';
import { type CommandContext } from './context';
import { notifyInformation } from '../views/notify';

const filters = { JSON: ['json'] };

/** Import from kftray…: forwards of the desktop app's file, into one of our documents. */
export async function importKftray(context: CommandContext): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ filters, openLabel: vscode.l10n.t('Import'), title: vscode.l10n.t('Import from kftray') })) ?? [];
  if (!file) {
    return;
  }
  const connection = await context.supervisor.connection();
  const { text, count, notes } = await connection.request('config/import', { text: new TextDecoder().decode(await vscode.workspace.fs.readFile(file)) });
  if (count === 0) {
    throw new Error([vscode.l10n.t('The file has no port forward that can be imported.'), ...notes.map(({ message }) => message)].join(' '));
  }
  const known = new Set(context.store.all.map(({ alias }) => alias));
  const all = JSON.parse(text) as { alias?: string }[];
  const fresh = all.filter(({ alias }) => alias === undefined || !known.has(alias));
  const there = all.filter((forward) => !fresh.includes(forward)).map(({ alias = '' }): TransferNote => ({ alias, key: '', message: vscode.l10n.t('A forward of this name is there already.') }));
  if (fresh.length > 0) {
    const saveTo = await pickSaveTarget(vscode.l10n.t('Keep {0} port forwards where?', fresh.length));
    const uri = saveTo && (await destination(context, saveTo));
    if (!uri) {
      return;
    }
    await editDocument(uri, (document) => appendForwards(document, fresh));
    await context.sync.apply();
  }
  await report(vscode.l10n.t('Import from kftray'), vscode.l10n.t('{0} port forwards were imported.', fresh.length), [...there, ...notes]);
}

/** Export for kftray…: a file that the desktop app reads. */
export async function exportKftray(context: CommandContext): Promise<void> {
  const connection = await context.supervisor.connection();
  const { text, count, notes } = await connection.request('config/export', await context.sync.params());
  if (count === 0) {
    throw new Error([vscode.l10n.t('There is no port forward that can be exported.'), ...notes.map(({ message }) => message)].join(' '));
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({ filters, saveLabel: vscode.l10n.t('Export'), ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'kftray-configs.json') } : {}) });
  if (file) {
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(`${text}\n`));
    await report(vscode.l10n.t('Export for kftray'), vscode.l10n.t('{0} port forwards were exported.', count), notes);
  }
}

/** Nothing was left out: one sentence. Else the sentence, and a report to look at. */
async function report(title: string, summary: string, notes: readonly TransferNote[]): Promise<void> {
  if (notes.length === 0) {
    void notifyInformation(summary);
    return;
  }
  const show = vscode.l10n.t('Show Report');
  if ((await notifyInformation(`${summary} ${vscode.l10n.t('{0} entries were left out.', notes.length)}`, show)) === show) {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: transferReport(title, summary, notes, vscode.l10n.t) });
    await vscode.window.showTextDocument(document);
  }
}
