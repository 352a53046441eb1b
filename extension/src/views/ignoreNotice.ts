import * as vscode from 'vscode';
import { localConfigPath } from '../workspace/configDocuments';
import { notifyInformation } from './notify';

/** Offers, when a person's own document first appears, to keep it out of the repository. */
export class IgnoreNotice {
  async suggest(folder: vscode.WorkspaceFolder): Promise<void> {
    const uri = vscode.Uri.joinPath(folder.uri, '.gitignore');
    const text = await vscode.workspace.fs.readFile(uri).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => undefined,
    );
    // Without the file the folder may not be a repository, or the team does it another way.
    if (text === undefined || mentions(text)) {
      return;
    }
    const add = vscode.l10n.t('Add to .gitignore');
    if ((await notifyInformation(vscode.l10n.t('{0} holds your own ports and contexts. Keep it out of the repository?', localConfigPath), add)) === add) {
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${localConfigPath}\n`));
    }
  }
}

/** True when a line of the file names the document or everything in its folder. */
function mentions(gitignore: string): boolean {
  const lines = gitignore.split(/\r?\n/).map((line) => line.trim().replace(/^\//, ''));
  return lines.some((line) => line === localConfigPath || line === '.vscode' || line === '.vscode/' || line === '.vscode/*' || line === 'kftray.local.json' || line === '*.local.json');
}
