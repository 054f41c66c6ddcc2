// Writes l10n/bundle.l10n.json: every English text that the host and its pages show, for translators. `--check` compares instead.
import { glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';
import { ROOT } from './bundles.ts';

const FILE = path.join(ROOT, 'l10n/bundle.l10n.json');

const texts = new Set<string>();
for (const file of await Array.fromAsync(glob('src/{host,webview,extension}{/**,}/*.ts', { cwd: ROOT })))
  collect(ts.createSourceFile(file, await readFile(path.join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest));
const sorted = [...texts].sort();
const wanted = `${JSON.stringify(Object.fromEntries(sorted.map((text) => [text, text])), undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  const there = await readFile(FILE, 'utf8').catch(() => '');
  if (there !== wanted) {
    console.error('l10n/bundle.l10n.json is not what the source shows: node scripts/exportStrings.ts');
    process.exitCode = 1;
  }
} else {
  await mkdir(path.dirname(FILE), { recursive: true });
  await writeFile(FILE, wanted);
}
console.log(`${String(texts.size)} texts`);

/** The first argument of each `l10n.t`, which lint makes a literal. */
function collect(node: ts.Node): void {
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    ts.isIdentifier(node.expression.expression) &&
    node.expression.expression.text === 'l10n' &&
    node.expression.name.text === 't'
  ) {
    const [text] = node.arguments;
    if (text !== undefined && ts.isStringLiteralLike(text)) texts.add(text.text);
  }
  ts.forEachChild(node, collect);
}
