import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root, translatedTexts } from '../support/texts';

const file = path.join(root, 'l10n', 'bundle.l10n.json');

/** `npm run generate` writes the file. */
it('L10nBundle_HoldsEveryTranslatedText', () => {
  const current = `${JSON.stringify(Object.fromEntries(translatedTexts().map((text) => [text, text])), undefined, 2)}\n`;
  if (process.env.KFTRAY_UPDATE_GENERATED === '1') {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, current);
  }
  expect(readFileSync(file, 'utf8')).toBe(current);
});

it('L10nTexts_WithPlaceholders_CountThemFromZero', () => {
  for (const text of translatedTexts()) {
    const numbers = [...new Set([...text.matchAll(/\{(\d+)\}/g)].map(([, number]) => Number(number)))].sort();
    expect(numbers, text).toEqual(numbers.map((_, index) => index));
  }
});
