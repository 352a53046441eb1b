import { userSource } from '../model/grouping';

/**
 * A name for each workspace folder that no other folder has: ids of forwards are built on it. Folders of one name are told apart by the
 * folder above, and a folder may not pass for the user's own forwards.
 */
export function sourceNames(folders: readonly { name: string; path: string }[]): readonly string[] {
  const taken = new Set([userSource]);
  return folders.map(({ name, path }) => {
    const isAmbiguous = name === userSource || folders.filter((other) => other.name === name).length > 1;
    const parent = path.split('/').filter((part) => part !== '').at(-2) ?? '';
    const wanted = isAmbiguous ? `${name} (${parent})` : name;
    let unique = wanted;
    for (let count = 2; taken.has(unique); count++) {
      unique = `${wanted} ${count}`;
    }
    taken.add(unique);
    return unique;
  });
}
