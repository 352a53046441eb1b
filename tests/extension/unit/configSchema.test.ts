import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';

// The generated schemas, judged by the library that VS Code edits JSON with.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const schemaOf = (file: string): object => JSON.parse(readFileSync(join(root, 'extension/schemas', file), 'utf8')) as object;

const service = getLanguageService({});
service.configure({
  allowComments: true,
  schemas: [
    { uri: 'test://shared', fileMatch: ['**/*.json', '!**/*.local.json'], schema: schemaOf('kftray.schema.json') },
    { uri: 'test://local', fileMatch: ['**/*.local.json'], schema: schemaOf('kftray.local.schema.json') },
  ],
});

async function problemsOf(text: string, name = 'kftray.json'): Promise<string[]> {
  const document = TextDocument.create(`file:///${name}`, 'jsonc', 1, text);
  const found = await service.doValidation(document, service.parseJSONDocument(document), { comments: 'ignore', trailingCommas: 'ignore' });
  return found.map((problem) => `${problem.range.start.character}: ${typeof problem.message === 'string' ? problem.message : problem.message.value}`);
}

/** `|` in the text is the cursor. */
async function completionsAt(text: string): Promise<string[]> {
  const document = TextDocument.create('file:///kftray.json', 'jsonc', 1, text.replace('|', ''));
  const found = await service.doComplete(document, document.positionAt(text.indexOf('|')), service.parseJSONDocument(document));
  return (found?.items ?? []).map((item) => item.label);
}

describe('the schema of the config file', () => {
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

  it.each(examples)('accepts examples/%s', async (file) => {
    const problems = await problemsOf(readFileSync(join(root, 'examples', file), 'utf8'), file);
    expect(problems.filter((problem) => !problem.includes('not used here'))).toEqual([]);
  });

  it.each([
    ['a forward without a service', '{"remote_port": 80}', ['0: Missing property "service".']],
    ['a forward without a remote port', '{"service": "a"}', ['0: Missing property "remote_port".']],
    ['a pod that is neither named nor selected', '[{"workload_type": "pod", "remote_port": 80}]', ['1: Missing property "service".']],
    ['a proxy without a host', '[{"workload_type": "proxy", "remote_port": 80}]', ['1: Missing property "remote_address".']],
    ['an unknown key', '{"forwards": [{"service": "a", "remote_port": 80, "foo": 1}]}', ['50: Property foo is not allowed.']],
    ['a port above 65535', '[{"service": "a", "remote_port": 80, "local_port": 70000}]', ['51: Value is above the maximum of 65535.']],
    ['a word that is no choice', '[{"service": "a", "remote_port": 80, "balance": "x"}]', ['48: Value is not accepted. Valid values: "first", "spread".']],
    ['an address that is none', '[{"service": "a", "remote_port": 80, "local_address": "web"}]', ['54: An IP address of this machine, or localhost.']],
    ['forwards that are no array', '{"forwards": 1}', ['13: Incorrect type. Expected "array".']],
    ['a newer version', '{"version": 2, "forwards": []}', ['12: Value is above the maximum of 1.']],
    ['a key of the desktop app', '[{"service": "a", "remote_port": 80, "id": 1}]', ['37: id is a key of the desktop app and not used here.']],
  ])('complains of %s', async (_, text, expected) => {
    expect(await problemsOf(text)).toEqual(expected);
  });

  it('asks a forward only for what the defaults do not say', async () => {
    expect(await problemsOf('{"defaults": {"workload_type": "pod"}, "forwards": [{"target": "app=web", "remote_port": 80}]}')).toEqual([]);
  });

  it('asks nothing of the entries of a local file', async () => {
    expect(await problemsOf('{"forwards": [{"alias": "web", "local_port": 1}]}', 'kftray.local.json')).toEqual([]);
  });

  it.each(['[|]', '{"forwards": [|]}'])('offers a forward of each kind at %s', async (text) => {
    expect(await completionsAt(text)).toEqual(['Service', 'Pod', 'Proxy', 'UDP']);
  });

  it('offers the words of a choice', async () => {
    expect(await completionsAt('{"forwards": [{"workload_type": |}]}')).toEqual(['"service"', '"pod"', '"proxy"', '"expose"']);
  });
});
