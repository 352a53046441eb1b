import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = path.join(root, 'extension', 'src');

/** Every text that the extension translates, sorted. Throws where a text is put together at run time: no translator would ever see it. */
export function translatedTexts(): readonly string[] {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return [...new Set(files.flatMap(textsOf))].sort();
}

function textsOf(name: string): string[] {
  const file = ts.createSourceFile(name, readFileSync(path.join(sources, name), 'utf8'), ts.ScriptTarget.Latest, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTranslation(node.expression)) {
      const [text] = node.arguments;
      if (!text || !ts.isStringLiteralLike(text)) {
        throw new Error(`${name}: only a literal can be translated: ${node.getText()}`);
      }
      texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return texts;
}

function isTranslation(callee: ts.Expression): boolean {
  return (ts.isIdentifier(callee) && callee.text === 't') || (ts.isPropertyAccessExpression(callee) && callee.getText() === 'vscode.l10n.t');
}
