import { expect, it } from 'vitest';
import type * as vscode from 'vscode';
import { ReadmeTable } from '../../../extension/src/integrations/readmeTable';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { selectors, Uri, workspace } from '../support/fakeVscode';

it('ReadmeTable_WatchesTheReadmeOfEachFolder_AndMendsTheOneThatWasAskedFor', () => {
  const folders = ['file:///work/shop', 'vscode-remote://box/work/bank'].map((uri) => ({ name: uri, uri: Uri.parse(uri) }));
  workspace.workspaceFolders = folders;
  const table = new ReadmeTable(new ForwardStore(), () => true, () => undefined);
  expect(workspace.watched.map(({ base, pattern }) => [base, pattern])).toEqual(folders.map((folder) => [folder, 'README.md']));
  expect(selectors.at(-1)).toContainEqual({ scheme: 'vscode-remote', pattern: '**/README.md' });

  const uri = Uri.parse('vscode-remote://box/work/bank/README.md');
  const context = { diagnostics: [{ source: 'kftray', code: 'stale-readme' }] } as unknown as vscode.CodeActionContext;
  const [fix] = table.provideCodeActions({ uri } as unknown as vscode.TextDocument, undefined as unknown as vscode.Range, context);
  expect(fix?.command).toMatchObject({ command: 'kftray.updateReadme', arguments: [uri] });

  table.dispose();
  expect(workspace.watched).toEqual([]);
  workspace.workspaceFolders = undefined;
});
