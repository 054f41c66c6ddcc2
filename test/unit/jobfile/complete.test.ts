import assert from 'node:assert/strict';
import { completionsAt, type Completion } from '../../../src/jobfile/complete.ts';

const MODELS = ['claude-haiku-5-5', 'gpt-6-luna'];

/** What fits at the `|` of a job file, and the file as it is when the first of it is taken. */
async function at(
  marked: string,
): Promise<{ readonly found: readonly Completion[]; readonly taken: string }> {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  const columnsOf = (data: string): Promise<readonly string[]> =>
    Promise.resolve(data === 'people.csv' ? ['email', 'First Name'] : []);
  const found = await completionsAt(text, offset, { models: MODELS, columnsOf });
  const [first] = found;
  return {
    found,
    taken: first === undefined ? text : text.slice(0, first.start) + first.text + text.slice(first.end),
  };
}

function cell(inside: string): string {
  return `{ "version": 1, "cells": [ { ${inside} } ] }`;
}

describe('Completions of a job file', () => {
  it('are models where a model is named, also in a file that is half written', async () => {
    for (const marked of [
      '{ "defaults": { "model": "|" } }',
      '{ "defaults": { "model": "cla|ude" } }',
      '{ "defaults": { "model": "|',
      cell('"kind": "files", "model": "gp|", "prompt": "x"'),
    ]) {
      const { found, taken } = await at(marked);
      assert.deepEqual(
        found.map(({ text }) => text),
        MODELS,
        marked,
      );
      assert.match(taken, /"model": "claude-haiku-5-5/);
      assert.ok(!/5-5ude|5-5gp/.test(taken), taken);
    }
  });

  it('are variables within the braces of a prompt or an output, by the kind of the cell', async () => {
    const files = await at(cell('"kind": "files", "prompt": "Read {{fi|"'));
    assert.deepEqual(
      files.found.map(({ text }) => text),
      ['name', 'path', 'dir', 'stem', 'ext'].map((field) => `{{file.${field}}}`).concat('{{cell.id}}'),
    );
    assert.match(files.taken, /"Read \{\{file\.name\}\}"/);
    const output = await at(cell('"kind": "files", "output": "out/{{|}}.md"'));
    assert.equal(output.found.at(-1)?.text, '{{run.id}}');
    assert.match(output.taken, /"out\/\{\{file\.name\}\}\.md"/);
    const rows = await at(cell('"kind": "rows", "data": "people.csv", "prompt": "To {{ro| now"'));
    assert.deepEqual(
      rows.found.map(({ text }) => text),
      ['{{row.email}}', '{{row.First Name}}', '{{cell.id}}'],
    );
  });

  it('are nothing anywhere else', async () => {
    for (const marked of [
      cell('"kind": "files", "prompt": "Read |"'),
      cell('"kind": "files", "prompt": "Read {{file.name}} |"'),
      cell('"kind": "files", "prompt": "Read \\\\{{fi|"'),
      cell('"kind": "files", "system": "{{|"'),
      cell('"kind": "markdown", "text": "{{|"'),
      cell('"ki|nd": "files"'),
      '{ "title": "|" }',
      '{ "mod|el": "x" }',
      '|',
    ])
      assert.deepEqual((await at(marked)).found, [], marked);
  });
});
