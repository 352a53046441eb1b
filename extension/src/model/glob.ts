/** Matches aliases as `shop/*` does: `*` stands for any characters, `?` for one, everything else for itself. */
export function matchesGlob(pattern: string, alias: string): boolean {
  const source = pattern.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`).replace(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(alias);
}

/** The forwards that any of the patterns names, in their own order. */
export function matchingForwards<T extends { readonly alias: string }>(patterns: readonly string[], forwards: readonly T[]): readonly T[] {
  return forwards.filter(({ alias }) => patterns.some((pattern) => matchesGlob(pattern, alias)));
}
