import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate, { type IGrammar } from 'vscode-textmate';

const root = path.resolve(import.meta.dirname, '../../..');

/** As much of VS Code's JSONC grammar as the injection asks for. */
const JSONC = {
  scopeName: 'source.json.comments',
  patterns: [
    { name: 'string.json support.type.property-name.json.comments', match: '"(?:[^"\\\\]|\\\\.)*"(?=\\s*:)' },
    {
      name: 'string.quoted.double.json.comments',
      begin: '"',
      end: '"',
      patterns: [{ name: 'constant.character.escape.json.comments', match: '\\\\.' }],
    },
  ],
};

describe('The colours of a job file', () => {
  let grammar: IGrammar;

  before(async () => {
    const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
    await oniguruma.loadWASM((await readFile(wasm)).buffer);
    const injection = await readFile(path.join(root, 'syntaxes/template.tmLanguage.json'), 'utf8');
    const registry = new textmate.Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
      }),
      loadGrammar: (scope) =>
        Promise.resolve(
          textmate.parseRawGrammar(
            scope === JSONC.scopeName ? JSON.stringify(JSONC) : injection,
            'grammar.json',
          ),
        ),
      getInjections: (scope) => (scope === JSONC.scopeName ? ['batchbook.template.injection'] : []),
    });
    const loaded = await registry.loadGrammar(JSONC.scopeName);
    assert.ok(loaded);
    grammar = loaded;
  });

  /** The parts of a line that are ours, each with the last word of its scope. */
  function parts(value: unknown): readonly string[] {
    const line = `"prompt": ${JSON.stringify(value)}`;
    return grammar
      .tokenizeLine(line, null)
      .tokens.filter(({ scopes }) => scopes.some((scope) => scope.endsWith('.batchbook')))
      .map(({ startIndex, endIndex, scopes }) => {
        const ours = scopes.filter((scope) => scope.endsWith('.batchbook')).at(-1) ?? '';
        return `${line.slice(startIndex, endIndex)} ${ours.replace('.batchbook', '')}`;
      });
  }

  it('show the variables of a template', () => {
    assert.deepEqual(parts('Read {{file.path}} now'), [
      '{{ punctuation.definition.template.begin',
      'file variable.language',
      '. punctuation.accessor',
      'path variable.other.property',
      '}} punctuation.definition.template.end',
    ]);
    for (const variable of ['file.name', 'file.stem', 'cell.id', 'run.id', 'row.name', 'row.First Name'])
      assert.ok(parts(`{{ ${variable} }}`).length >= 5, variable);
  });

  it('show a column with any name, as it is quoted in JSON', () => {
    assert.ok(parts('{{row["odd }} name"]}}').includes('\\"odd }} name\\" variable.other.property'));
  });

  it('show an escaped brace as an escape, and leave what is no variable as it is', () => {
    assert.deepEqual(parts('\\{{file.path}}'), ['\\\\{{ constant.character.escape']);
    for (const text of ['{{file.size}}', '{{nothing}}', '{ {file.path} }', 'file.path'])
      assert.deepEqual(parts(text), [], text);
  });

  it('are left alone in keys', () => {
    const line = '"{{file.path}}": 1';
    const ours = grammar
      .tokenizeLine(line, null)
      .tokens.filter(({ scopes }) => scopes.some((scope) => scope.endsWith('.batchbook')));
    assert.deepEqual(ours, []);
  });
});
