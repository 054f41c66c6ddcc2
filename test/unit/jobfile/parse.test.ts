import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import fc from 'fast-check';
import type { Problem, SourceRange } from '../../../src/core/errors.ts';
import { generateJobFileJsonSchema } from '../../../src/jobfile/jsonSchema.ts';
import { parseJobFile } from '../../../src/jobfile/parse.ts';

/** What stands at a range, to compare with what should be marked. */
function textAt(text: string, range: SourceRange): string {
  const lines = text.replace(/^\uFEFF/, '').split(/(?<=\r\n|\n|\r(?!\n))/);
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, l) => sum + l.length, 0) + column - 1;
  return text
    .replace(/^\uFEFF/, '')
    .slice(offset(range.line, range.column), offset(range.endLine, range.endColumn));
}

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseJobFile(text, 'x.batch.json');
  assert.ok(!parsed.ok, 'the text should have problems');
  return parsed.problems;
}

function onlyProblem(text: string): Problem & { readonly marked: string } {
  const problems = problemsOf(text);
  assert.equal(problems.length, 1, problems.map((p) => p.message).join('\n'));
  const [problem] = problems;
  assert.ok(problem);
  return { ...problem, marked: textAt(text, problem.range) };
}

const withCell = (cell: string): string =>
  `{\n  "version": 1,\n  "defaults": { "model": "text" },\n  "cells": [\n    ${cell}\n  ]\n}`;

describe('parseJobFile', () => {
  it('reads the shipped example and the example of the design', async () => {
    const text = await fs.readFile(
      new URL('../../../examples/summaries.batch.json', import.meta.url),
      'utf8',
    );
    assert.equal(parseJobFile(text, 'x').ok, true);
    const design = await fs.readFile(
      new URL('../../fixtures/jobfile/invoices.batch.json', import.meta.url),
      'utf8',
    );
    const parsed = parseJobFile(design, 'x');
    assert.ok(parsed.ok);
    assert.deepEqual(
      parsed.jobFile.cells.map((cell) => cell.kind),
      ['markdown', 'files', 'files', 'rows', 'messages'],
    );
    assert.equal(parsed.jobFile.costLimitUsd, 15);
    assert.deepEqual(parsed.warnings, []);
  });

  it('takes comments, trailing commas, a byte order mark and CRLF, and counts columns after the mark', () => {
    const good = '\uFEFF// job\r\n{ "version": 1, /* none yet */\r\n "cells": [], }\r\n';
    assert.equal(parseJobFile(good, 'x').ok, true);
    const bad = '\uFEFF{ "version": 2,\r\n  "cells": [],\r\n  "titel": "x" }';
    const [version, title] = problemsOf(bad);
    assert.deepEqual(version?.range, { line: 1, column: 14, endLine: 1, endColumn: 15 });
    assert.deepEqual(title?.range, { line: 3, column: 3, endLine: 3, endColumn: 10 });
    assert.match(version.message, /newer/);
  });

  it('says line and column of an error of syntax', () => {
    const problem = problemsOf('{\n  "version": 1\n  "cells": []\n}')[0];
    assert.match(problem?.message ?? '', /comma/);
    assert.equal(problem?.range.line, 3);
    assert.equal(problem.range.column, 3);
    for (const text of [
      '',
      ' \n',
      '// nothing',
      '{',
      '[1,',
      '{"a":"x',
      '{"a": tru}',
      "{'a': 1}",
      '{"a":1} x',
      '{"a":"\\q"}',
    ])
      assert.ok(problemsOf(text).length > 0, text);
  });

  it('names the nearest key of an unknown one and marks the key', () => {
    const top = onlyProblem('{ "version": 1, "cells": [], "maxConcurent": 3 }');
    assert.match(top.message, /"maxConcurent".*"maxConcurrent"/);
    assert.equal(top.marked, '"maxConcurent"');
    assert.equal(top.path, 'maxConcurent');
    const cell = onlyProblem(
      withCell('{ "kind": "files", "id": "a", "files": ["*"], "promt": "x", "prompt": "x" }'),
    );
    assert.match(cell.message, /"prompt"/);
    assert.equal(cell.path, 'cells[0].promt');
    assert.equal(cell.marked, '"promt"');
    const retry = onlyProblem('{ "version": 1, "cells": [], "defaults": { "retry": { "truncatd": 1 } } }');
    assert.match(retry.message, /"truncated"/);
    const model = onlyProblem('{ "version": 1, "cells": [], "defaults": { "modell": "x" } }');
    assert.match(model.message, /"model"/);
    const message = onlyProblem(
      withCell(
        '{ "kind": "messages", "id": "a", "messages": [{ "role": "user", "content": "x", "contents": "y" }] }',
      ),
    );
    assert.match(message.message, /"content"/);
    assert.doesNotMatch(onlyProblem('{ "version": 1, "cells": [], "zzzzzz": 3 }').message, /mean/);
  });

  it('explains settings that would redirect traffic', () => {
    for (const key of ['baseUrl', 'baseURL', 'apiKey', 'api_key', 'endpoint', 'headers', 'proxy']) {
      const problem = onlyProblem(`{ "version": 1, "cells": [], "defaults": { "${key}": "x" } }`);
      assert.match(problem.message, /must not decide where requests and keys go/, key);
      assert.equal(problem.marked, `"${key}"`);
    }
  });

  it('refuses messages together with files, data or a prompt', () => {
    for (const key of ['file', 'files', 'data', 'prompt']) {
      const text = withCell(
        `{ "kind": "messages", "id": "a", "messages": [{ "role": "user", "content": "x" }], "${key}": "a.md" }`,
      );
      assert.match(onlyProblem(text).message, new RegExp(`with "messages" has no "${key}"`));
    }
    const files = withCell('{ "kind": "files", "id": "a", "files": ["*"], "prompt": "x", "messages": [] }');
    assert.match(onlyProblem(files).message, /has a "prompt", not "messages"/);
    const file = withCell('{ "kind": "files", "id": "a", "file": "x", "files": ["*"], "prompt": "x" }');
    assert.match(onlyProblem(file).message, /Write "files"/);
  });

  it('marks the value that is wrong, and the opening brace where one is missing', () => {
    const cases: readonly (readonly [cell: string, path: string, marked: string, message: RegExp])[] = [
      ['{ "kind": "fils", "id": "a" }', 'cells[0].kind', '"fils"', /Did you mean "files"/],
      ['{ "id": "a" }', 'cells[0].kind', '{', /needs a "kind"/],
      ['{ "kind": "rows", "id": "a", "data": "x.csv" }', 'cells[0].prompt', '{', /"prompt" is missing/],
      ['{ "kind": "markdown", "text": 3 }', 'cells[0].text', '3', /must be a string, not 3/],
      ['{ "kind": "markdown", "id": "A b", "text": "" }', 'cells[0].id', '"A b"', /1 to 40 characters/],
      ['[]', 'cells[0]', '[]', /an object, not a list/],
    ];
    for (const [cell, path, marked, message] of cases) {
      const problem = onlyProblem(withCell(cell));
      assert.deepEqual([problem.path, problem.marked], [path, marked]);
      assert.match(problem.message, message);
    }
    const values: readonly (readonly [value: string, message: RegExp])[] = [
      ['"maxTokens": 0', /at least 1, not 0/],
      ['"maxTokens": 1.5', /a whole number, not 1.5/],
      ['"maxTokens": null', /not null/],
      ['"temperature": 3', /at most 2/],
      ['"effort": "hihg"', /Did you mean "high"/],
      ['"output": 3', /path template/],
      ['"output": ""', /must not be empty|path template/],
      ['"files": []', /at least one/],
      ['"responseSchema": []', /an object/],
      ['"cache": {}', /true or false, not an object/],
      ['"echo": 1', /true or false, not 1/],
    ];
    for (const [value, message] of values) {
      const rest = value.startsWith('"files"') ? '' : ', "files": ["*"]';
      const text = withCell(`{ "kind": "files", "id": "a", "prompt": "x"${rest}, ${value} }`);
      assert.match(onlyProblem(text).message, message, value);
    }
    assert.match(onlyProblem('{ "version": 1, "cells": [], "costLimitUsd": 0 }').message, /above 0/);
    assert.match(onlyProblem('{ "version": 1, "cells": [], "jobsPerBatch": "x" }').message, /"auto" or/);
    assert.match(
      onlyProblem('{ "version": 1, "cells": [], "probe": "yes" }').message,
      /"auto", true or false/,
    );
    assert.match(onlyProblem('{ "version": "1", "cells": [] }').message, /must be 1/);
    assert.match(onlyProblem('[]').message, /an object/);
  });

  it('refuses two cells of one id', () => {
    const cell = (id: string): string => `{ "kind": "markdown", "id": "${id}", "text": "" }`;
    const problem = onlyProblem(withCell(`${cell('a')}, ${cell('b')}, ${cell('a')}`));
    assert.match(problem.message, /Cells 1 and 3/);
    assert.equal(problem.path, 'cells[2].id');
  });

  it('refuses a key set twice, with the line of the first', () => {
    const problem = onlyProblem('{\n "version": 1,\n "cells": [],\n "pilot": 1,\n "pilot": 2\n}');
    assert.match(problem.message, /"pilot" is already set on line 4/);
    assert.equal(problem.range.line, 5);
    const deep = withCell(
      '{ "kind": "files", "id": "a", "files": ["*"], "prompt": "x", "responseSchema": { "a": 1, "a": 2 } }',
    );
    assert.equal(onlyProblem(deep).path, 'cells[0].responseSchema.a');
    assert.match(onlyProblem('{ "version": 1, "cells": [], "__proto__": {} }').message, /cannot be a key/);
  });

  it('refuses two schemas for one answer', () => {
    const text = withCell(
      '{ "kind": "files", "id": "a", "files": ["*"], "prompt": "x", "responseSchema": {}, "responseSchemaFile": "s.json" }',
    );
    assert.match(onlyProblem(text).message, /both "responseSchema" and "responseSchemaFile"/);
  });

  it('marks an unknown variable inside its string, whatever is escaped before it', () => {
    const prompt = String.raw`"\u00e9\n\"x\" {{file.nam}} \ud83d\ude00 {{ cell.id }}"`;
    const problem = onlyProblem(
      withCell(`{ "kind": "files", "id": "a", "files": ["*"], "prompt": ${prompt} }`),
    );
    assert.equal(problem.marked, '{{file.nam}}');
    assert.match(problem.message, /Did you mean "file.name"/);
    assert.equal(problem.path, 'cells[0].prompt');
  });

  it('warns of variables where none are filled in', () => {
    const parsed = parseJobFile(
      withCell(
        '{ "kind": "messages", "id": "a", "system": "{{cell.id}}", "messages": [{ "role": "user", "content": "Of {{file.name}} and {{ vue }}" }] }',
      ),
      'x',
    );
    assert.ok(parsed.ok);
    assert.deepEqual(
      parsed.warnings.map(({ severity, path }) => [severity, path]),
      [
        ['warning', 'cells[0].system'],
        ['warning', 'cells[0].messages[0].content'],
      ],
    );
  });

  it('stays calm with deep and huge texts', () => {
    assert.match(onlyProblem('['.repeat(200_000)).message, /nested/);
    assert.match(onlyProblem(`{ "a": ${'['.repeat(101)}${']'.repeat(101)} }`).message, /nested/);
    assert.match(onlyProblem(' '.repeat(5_000_001)).message, /characters/);
  });

  it('never throws, and its ranges stay inside the text', () => {
    const check = (text: string): void => {
      const parsed = parseJobFile(text, 'x');
      const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
      for (const { range, message } of parsed.ok ? parsed.warnings : parsed.problems) {
        assert.ok(message.length > 0);
        assert.ok(range.line >= 1 && range.column >= 1);
        assert.ok(
          range.line < range.endLine || (range.line === range.endLine && range.column <= range.endColumn),
        );
        assert.ok(range.endLine <= lines.length, `${JSON.stringify(text)} ${JSON.stringify(range)}`);
        // A line end may belong to the marked text.
        assert.ok(range.endColumn <= (lines[range.endLine - 1] ?? '').length + 2);
      }
    };
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 300 });
    fc.assert(fc.property(fc.json(), check), { numRuns: 300 });
    const bits = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\n',
      '\r',
      '//',
      '/*',
      '"cells"',
      '"kind"',
      '"files"',
      '{{',
      '}}',
      'row.a',
      '1',
      'é',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.array(bits).map((parts) => parts.join('')),
        check,
      ),
      { numRuns: 500 },
    );
    const cell = fc.dictionary(
      fc.constantFrom('kind', 'id', 'files', 'prompt', 'output', 'messages', 'x y', 'retry', '__proto__'),
      fc.oneof(fc.constantFrom('files', 'rows', 'messages', '{{a', '{{row.x}}'), fc.jsonValue()),
    );
    fc.assert(
      fc.property(fc.array(cell), (cells) => check(JSON.stringify({ version: 1, cells }, undefined, 1))),
      { numRuns: 300 },
    );
  });
});

describe('the JSON Schema of job files', () => {
  const schema = generateJobFileJsonSchema();

  it('is draft 7 with an id, a title and the keywords of VS Code', () => {
    assert.equal(schema['$schema'], 'http://json-schema.org/draft-07/schema#');
    assert.equal(typeof schema['$id'], 'string');
    assert.equal(schema['title'], 'Batchbook job file');
    assert.equal(schema['allowTrailingCommas'], true);
  });

  it('describes every key, since hovers show it', () => {
    const silent: string[] = [];
    const visit = (node: unknown, at: string): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
        assert.equal('additionalProperties' in node && node.additionalProperties, false, at);
        for (const [key, value] of Object.entries(node.properties as Record<string, object>))
          if (!('description' in value)) silent.push(`${at}/${key}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${at}/${key}`);
    };
    visit(schema, '');
    assert.deepEqual(silent, []);
  });
});
