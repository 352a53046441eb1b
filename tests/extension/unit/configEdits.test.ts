import { parse } from 'jsonc-parser';
import { expect, it } from 'vitest';
import { appendForward, apply, ConfigEditError, type NewForward } from '../../../extension/src/workspace/configEdits';
import { changeMembers } from '../../../extension/src/workspace/configPatches';

const forward: NewForward = { alias: 'api', service: 'api', namespace: 'shop', context: 'kind', local_port: 8080, remote_port: 80 };
const line = '{ "alias": "api", "service": "api", "namespace": "shop", "context": "kind", "local_port": 8080, "remote_port": 80 }';
const lines = (indent: string): string => JSON.stringify(forward, undefined, 2).replaceAll('\n', `\n${indent}`);

async function appended(text: string): Promise<string> {
  return apply(text, await appendForward(text, forward));
}

it.each<[string, string, string]>([
  ['ANewFile', '', `{\n  "version": 1,\n  "forwards": [\n    ${lines('    ')}\n  ]\n}\n`],
  ['AnEmptyList', '{\n  "forwards": []\n}\n', `{\n  "forwards": [\n    ${lines('    ')}\n  ]\n}\n`],
  ['OneLineElements', '{\n  "forwards": [\n    { "service": "web" }\n  ]\n}\n', `{\n  "forwards": [\n    { "service": "web" },\n    ${line}\n  ]\n}\n`],
  ['ATrailingComma', '{\n  "forwards": [\n    { "service": "web" },\n  ]\n}\n', `{\n  "forwards": [\n    { "service": "web" },\n    ${line},\n  ]\n}\n`],
  ['ACommentAfterTheLast', '{\n  "forwards": [\n    { "service": "web" } // the site\n  ]\n}\n', `{\n  "forwards": [\n    { "service": "web" }, // the site\n    ${line}\n  ]\n}\n`],
  ['ACommentAndATrailingComma', '{\n  "forwards": [\n    { "service": "web" }, // the site\n    // more to come\n  ]\n}\n', `{\n  "forwards": [\n    { "service": "web" }, // the site\n    // more to come\n    ${line},\n  ]\n}\n`],
  ['ElementsOfSeveralLines', '[\n  {\n    "service": "web"\n  }\n]\n', `[\n  {\n    "service": "web"\n  },\n  ${lines('  ')}\n]\n`],
  ['AnArrayOnOneLine', '[{ "service": "web" }]', `[{ "service": "web" },\n  ${line}\n]`],
])('Append_To%s_KeepsTheRestAsItIs', async (_, text, expected) => {
  expect(await appended(text)).toBe(expected);
});

it('Append_WindowsLineEndsAndTabs_AreKept', async () => {
  const text = '{\r\n\t"forwards": [\r\n\t\t{ "service": "web" }\r\n\t]\r\n}\r\n';
  expect(await appended(text)).toBe(`{\r\n\t"forwards": [\r\n\t\t{ "service": "web" },\r\n\t\t${line}\r\n\t]\r\n}\r\n`);
});

it('Append_AnObjectWithoutForwards_GetsThem', async () => {
  const text = '{\n  // ours\n  "version": 1\n}\n';
  const result = await appended(text);
  expect(result).toContain('// ours');
  expect(parse(result)).toEqual({ version: 1, forwards: [forward] });
});

it('Append_InEveryForm_AddsExactlyTheForwardAtTheEnd', async () => {
  for (const text of ['[]', '[ ]', '[{"service":"web"},]', '{"forwards":[/* none */]}', '{"defaults":{"namespace":"x"},"forwards":[\n]}', '{"forwards":[{"service":"web"}]}']) {
    const before: unknown = parse(text, [], { allowTrailingComma: true });
    const after: unknown = parse(await appended(text), [], { allowTrailingComma: true });
    const list = (root: unknown): unknown[] => (Array.isArray(root) ? root : ((root as { forwards?: unknown[] }).forwards ?? []));
    expect(list(after), text).toEqual([...list(before), forward]);
  }
});

it.each([
  ['ASyntaxError', '{ "forwards": [', 'syntax error'],
  ['NoList', '{ "forwards": 5 }', 'no list of forwards'],
  ['AText', '"forwards"', 'no list of forwards'],
  ['ASingleForward', '{ "service": "web", "remote_port": 80 }', 'single forward'],
])('Append_To%s_IsRefused', async (_, text, message) => {
  await expect(appendForward(text, forward)).rejects.toThrow(ConfigEditError);
  await expect(appendForward(text, forward)).rejects.toThrow(message);
});

it.each<[string, string, string]>([
  ['APortThatIsThere', '{ "forwards": [{ "service": "web", "local_port": 80 /* ours */ }] }', '{ "forwards": [{ "service": "web", "local_port": 8081 /* ours */ }] }'],
  ['TheSecondForward', '[{ "service": "a", "local_port": 1 }, { "service": "web", "local_port": 80 }]', '[{ "service": "a", "local_port": 1 }, { "service": "web", "local_port": 8081 }]'],
  ['NoPortYet', '[{ "service": "web" }]', '[{ "service": "web", "local_port": 8081 }]'],
])('SetLocalPort_Of%s_ChangesNothingElse', async (_, text, expected) => {
  const edited = apply(text, await changeMembers(text, text.lastIndexOf('{'), { local_port: 8081 }));
  expect(edited.replace(/\s+/g, '')).toBe(expected.replace(/\s+/g, ''));
});
