import assert from 'node:assert/strict';
import type { Problem } from '../../../src/core/errors.ts';
import { parseJobFile } from '../../../src/jobfile/parse.ts';
import { LineIndex } from '../../../src/jobfile/ranges.ts';
import { expand, makeWorkspace, removeWorkspaces, textOf, writeFiles } from './workspace.ts';

/** The text after the only fix of its only problem with one, and what the fix is called. */
function fixed(text: string, problems: readonly Problem[]): readonly [title: string, text: string] {
  const fixes = problems.flatMap(({ fixes: offered = [] }) => offered);
  assert.equal(fixes.length, 1, JSON.stringify(problems));
  const [{ title, range, text: instead }] = fixes as [(typeof fixes)[number]];
  const lines = text.split('\n');
  const offsetOf = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  const [from, to] = [offsetOf(range.line, range.column), offsetOf(range.endLine, range.endColumn)];
  assert.deepEqual(new LineIndex(text).range(from, to), range);
  return [title, text.slice(0, from) + instead + text.slice(to)];
}

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseJobFile(text, 'job.batch.json');
  return parsed.ok ? parsed.warnings : parsed.problems;
}

const CELL = '{ "kind": "files", "id": "a", "files": ["x"], "prompt": "Read {{file.name}}.", "model": "m" }';

describe('What would make a problem of a job file right', () => {
  after(removeWorkspaces);

  for (const [what, wrong, right, title] of [
    ['a mistyped key', '"promt": "Read {{file.name}}."', '"prompt": "Read {{file.name}}."', 'Use prompt'],
    ['a mistyped kind', '"kind": "file"', '"kind": "files"', 'Use files'],
    [
      'a mistyped choice',
      '"effort": "hihg", "kind": "files"',
      '"effort": "high", "kind": "files"',
      'Use high',
    ],
    ['a mistyped variable', 'Read \\"{{file.nmae}}\\".', 'Read \\"{{file.name}}\\".', 'Use {{file.name}}'],
  ] as const)
    it(`is the nearest for ${what}, and the file is right with it`, () => {
      const key = right.startsWith('"') ? (right.split(':')[0] ?? '') : 'Read {{file.name}}.';
      const good = CELL.includes(right)
        ? CELL
        : CELL.replace(key.startsWith('"effort') ? '"kind": "files"' : 'Read {{file.name}}.', right);
      const bad = good.replace(right, wrong);
      const text = `{ "version": 1,\n  "cells": [\n    ${bad}\n  ] }`;
      const [named, mended] = fixed(text, problemsOf(text));
      assert.equal(named, title);
      assert.equal(mended, text.replace(wrong, right));
      assert.deepEqual(problemsOf(mended), []);
    });

  it('is a free id for one that two cells have', () => {
    const text = `{ "version": 1, "cells": [ ${CELL}, ${CELL.replace('"a"', '"a-2"')}, ${CELL} ] }`;
    const [title, mended] = fixed(text, problemsOf(text));
    assert.equal(title, 'Use a-3');
    assert.deepEqual(problemsOf(mended), []);
  });

  it('is the nearest model, and the usual place for an output outside the root', async () => {
    const root = await makeWorkspace();
    await writeFiles(root, { x: '1' });
    const content = (changes: object): { version: 1; cells: object[] } => ({
      version: 1,
      cells: [{ kind: 'files', id: 'a', files: ['x'], prompt: 'Read it.', model: 'text', ...changes }],
    });
    const modelNames = ['text', 'other'];
    const mistyped = content({ model: 'txt' });
    const wrong = await expand(root, mistyped, { modelNames });
    const [use, text] = fixed(textOf(mistyped), wrong.problems);
    assert.equal(use, 'Use text');
    assert.match(text, /"model": ?"text"/);
    const outside = content({ output: '../{{file.name}}.md' });
    const [usual, mended] = fixed(textOf(outside), (await expand(root, outside, { modelNames })).problems);
    assert.equal(usual, 'Use each');
    assert.match(mended, /"output": ?"each"/);
  });

  it('is nothing where a job file must not decide, or nothing is near', () => {
    for (const key of ['apiKey', 'baseUrl', 'xyzzyxyzzy']) {
      const text = `{ "version": 1, "${key}": "x", "cells": [ ${CELL} ] }`;
      assert.deepEqual(
        problemsOf(text).flatMap(({ fixes = [] }) => fixes),
        [],
        key,
      );
    }
  });
});
