import { beforeEach, expect, it } from 'vitest';
import type * as vscode from 'vscode';
import { ConfigDocuments } from '../../../extension/src/workspace/configDocuments';
import { documents, shown, Uri } from '../support/fakeVscode';

const user = 'file:///storage/forwards.json';
let config: ConfigDocuments;

beforeEach(() => {
  documents.clear();
  shown.messages = [];
  config = new ConfigDocuments(Uri.parse('file:///storage') as unknown as vscode.Uri, { warn: () => undefined } as unknown as vscode.LogOutputChannel);
});

const texts = async (): Promise<readonly string[]> => (await config.read()).map(({ text }) => text);

it('Document_ThatCannotBeReadForAWhile_KeepsItsLastText_AndSaysSoOnce', async () => {
  documents.files.set(user, '[1]');
  expect(await texts()).toEqual(['[1]']);
  documents.failures.set(user, 'Unavailable');
  expect(await texts()).toEqual(['[1]']);
  expect(await texts()).toEqual(['[1]']);
  expect(shown.messages).toEqual(['storage/forwards.json could not be read. What it said before still applies.']);
  documents.failures.clear();
  documents.files.set(user, '[2]');
  expect(await texts()).toEqual(['[2]']);
  documents.failures.set(user, 'NoPermissions');
  await texts();
  expect(shown.messages).toHaveLength(2);
});

it('Document_ThatIsGone_IsGone', async () => {
  documents.files.set(user, '[1]');
  await texts();
  documents.files.delete(user);
  expect(await texts()).toEqual([]);
  documents.failures.set(user, 'Unavailable');
  expect(await texts()).toEqual([]);
});

it('Document_BelowAFile_IsNotThere', async () => {
  documents.failures.set(user, 'FileNotADirectory');
  expect(await texts()).toEqual([]);
  expect(shown.messages).toEqual([]);
});
