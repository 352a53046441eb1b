import { describe, expect, it } from 'vitest';
import { appendForwards, apply } from '../../../extension/src/workspace/configEdits';
import { changeMembers, duplicateForward, type MemberChanges, removeForward, removeMember } from '../../../extension/src/workspace/configPatches';

const text = `// team
{
  "forwards": [
    // the api
    { "alias": "api", "local_port": 8080 }, // why
    {
      "alias": "db",
      "service": "db", // important
    },
  ],
}
`;
const api = text.indexOf('{ "alias": "api"');
const db = text.indexOf('{\n      "alias": "db"');

const change = async (offset: number, changes: MemberChanges) => apply(text, await changeMembers(text, offset, changes));

describe('ChangeMembers', () => {
  it('Change_AValue_ChangesNothingElse', async () => {
    expect(await change(api, { local_port: 9090 })).toBe(text.replace('8080', '9090'));
  });

  it('Change_ANewKeyOnOneLine_StaysOnIt', async () => {
    expect(await change(api, { open: 'http' })).toBe(text.replace('8080 }', '8080, "open": "http" }'));
  });

  it('Change_ANewKeyInSeveralLines_GetsItsOwn', async () => {
    const changed = await change(db, { local_port: 1 });
    expect(changed).toContain('"service": "db",\n      "local_port": 1, // important');
  });

  it('Change_ToUndefined_TakesTheKeyAway', async () => {
    expect(await change(api, { local_port: undefined, missing: undefined })).toContain('{ "alias": "api" }, // why');
  });

  it.each([['after an edit', 3], ['in the middle of a value', 60]])('Change_WhereNoObjectBegins_%s_IsRefused', async (_, offset) => {
    await expect(changeMembers(text, offset, { a: 1 })).rejects.toThrow('Save it and try again');
  });
});

describe('Remove', () => {
  it('Remove_AForward_LeavesTheOthers', async () => {
    const left = apply(text, await removeForward(text, api));
    expect(left).not.toContain('"api"');
    expect(left).toContain('"service": "db", // important');
  });

  it('Remove_TheOnlyForwardOfABareFile_LeavesAnEmptyList', async () => {
    expect(apply('{ "service": "a" }', await removeForward('{ "service": "a" }', 0))).toBe('[]\n');
  });

  it.each([['its key', '"local_port"'], ['its value', '8080']])('Remove_AMemberBy_%s', async (_, at) => {
    expect(apply(text, await removeMember(text, text.indexOf(at)))).toContain('{ "alias": "api" }');
  });
});

describe('Duplicate', () => {
  it('Duplicate_AForward_AppendsItsCopy', async () => {
    const copied = apply(text, await duplicateForward(text, api, { alias: 'api-copy', local_port: 8081 }));
    expect(copied).toMatch(/"service": "db", \/\/ important\n {4}\},\n {4}\{\n {6}"alias": "api-copy",\n {6}"local_port": 8081\n {4}\},\n {2}\],/);
  });
});

describe('AppendSeveral', () => {
  it('Append_Several_ToNothing_MakesTheFile', async () => {
    const made = apply('', await appendForwards('', [{ alias: 'a' }, { alias: 'b' }]));
    expect(JSON.parse(made)).toEqual({ version: 1, forwards: [{ alias: 'a' }, { alias: 'b' }] });
  });
});
