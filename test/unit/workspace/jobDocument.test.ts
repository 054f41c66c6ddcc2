import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Problem } from '../../../src/core/errors.ts';
import type { Edit } from '../../../src/jobfile/edit/cellEdits.ts';
import { applyChanges } from '../../../src/jobfile/edit/reconcile.ts';
import { parseJsonc } from '../../../src/jobfile/syntax.ts';
import {
  JobDocument,
  RefusedEditError,
  StaleEditError,
  type KeyedCell,
} from '../../../src/workspace/jobDocument.ts';

const FILE = `{
  "version": 1,
  // Cheap.
  "defaults": { "model": "offline-extractive" },
  "cells": [
    { "kind": "markdown", "text": "# Notes" },
    // Matters.
    { "kind": "files", "id": "summary", "files": ["docs/**"], "prompt": "Summarize \\"{{file.nam}}\\"." },
    { "kind": "messages", "id": "hello", "messages": [{ "role": "user", "content": "Hello" }] }
  ]
}
`;

function cellsOf(document: JobDocument): readonly KeyedCell[] {
  const { content } = document;
  assert.ok(content.kind === 'cells');
  return content.cells;
}

function keysOf(document: JobDocument): string[] {
  return cellsOf(document).map(({ key }) => key);
}

/** Edits as the editor does: by the document's text. */
function edited(document: JobDocument, ...edits: Edit[]): readonly string[] {
  const { changes, added } = document.edit(document.rev, edits);
  document.update(applyChanges(document.text, changes));
  return added;
}

function sourceAt(document: JobDocument, index: number): unknown {
  return cellsOf(document)[index]?.source;
}

describe('JobDocument', () => {
  it('shows cells with their places', () => {
    const document = new JobDocument(FILE);
    assert.deepEqual(
      cellsOf(document).map(({ key, kind, line }) => [key, kind, line]),
      [
        ['c1', 'markdown', 6],
        ['c2', 'files', 8],
        ['c3', 'messages', 9],
      ],
    );
  });

  it('inserts, moves, removes and turns cells, with keys that stay with them', () => {
    const document = new JobDocument(FILE);
    assert.deepEqual(edited(document, { op: 'insert', at: 1, kind: 'files' }), ['c4']);
    assert.deepEqual(sourceAt(document, 1), { kind: 'files', id: 'files', files: [], prompt: '' });
    edited(document, { op: 'move', key: 'c4', to: 3 });
    assert.deepEqual(keysOf(document), ['c1', 'c2', 'c3', 'c4']);
    edited(document, { op: 'insert', at: 0, kind: 'files' });
    assert.equal(cellsOf(document)[0]?.source['id'], 'files-2');
    edited(document, { op: 'remove', keys: ['c1', 'c5'] });
    edited(document, { op: 'turnInto', key: 'c2', kind: 'markdown' });
    assert.deepEqual(keysOf(document), ['c2', 'c3', 'c4']);
    assert.deepEqual(sourceAt(document, 0), {
      kind: 'markdown',
      id: 'summary',
      text: 'Summarize "{{file.nam}}".',
    });
    edited(document, { op: 'turnInto', key: 'c2', kind: 'files' });
    assert.deepEqual(sourceAt(document, 0), {
      kind: 'files',
      id: 'summary',
      files: [],
      prompt: 'Summarize "{{file.nam}}".',
    });
    assert.ok(document.text.includes('// Matters.\n    { "kind": "files"'));
  });

  it('sets what is inside a cell, in lists too, and outside the cells', () => {
    const document = new JobDocument(FILE);
    edited(
      document,
      { op: 'set', key: 'c2', path: ['maxTokens'], value: 200 },
      { op: 'set', key: 'c2', path: ['retry', 'invalid'], value: 0 },
      { op: 'set', key: 'c3', path: ['messages', 1], value: { role: 'assistant', content: 'Hi' } },
      { op: 'set', key: 'c3', path: ['messages', 0, 'content'], value: 'Hello!' },
      { op: 'set', key: null, path: ['defaults', 'maxTokens'], value: 500 },
      { op: 'set', key: null, path: ['costLimitUsd'], value: 5 },
    );
    assert.match(
      document.text,
      /"model": "offline-extractive", "maxTokens": 500 \},\n {2}"costLimitUsd": 5,\n/,
    );
    assert.deepEqual(sourceAt(document, 2), {
      kind: 'messages',
      id: 'hello',
      messages: [
        { role: 'user', content: 'Hello!' },
        { role: 'assistant', content: 'Hi' },
      ],
    });
    edited(
      document,
      { op: 'set', key: 'c2', path: ['maxTokens'] },
      { op: 'set', key: 'c2', path: ['retry'] },
      { op: 'set', key: 'c3', path: ['messages', 1] },
      { op: 'set', key: 'c3', path: ['messages', 0, 'content'], value: 'Hello' },
      { op: 'set', key: null, path: ['defaults', 'maxTokens'] },
      { op: 'set', key: null, path: ['costLimitUsd'] },
    );
    assert.equal(document.text, FILE);
  });

  it('pastes cells with ids that are free', () => {
    const document = new JobDocument(FILE);
    const cells = cellsOf(document).map(({ source }) => source);
    assert.equal(edited(document, { op: 'paste', at: 3, cells: [...cells, 'no cell'] }).length, 4);
    assert.deepEqual(
      cellsOf(document).map(({ source }) => source['id']),
      [undefined, 'summary', 'hello', undefined, 'summary-2', 'hello-2', 'cell'],
    );
  });

  it('makes a job file of an empty text', () => {
    const document = new JobDocument('\n');
    assert.equal(document.content.kind, 'empty');
    edited(document, { op: 'insert', at: 0, kind: 'markdown' });
    const parsed = parseJsonc(document.text);
    assert.deepEqual(parsed.ok && parsed.value, { version: 1, cells: [{ kind: 'markdown', text: '' }] });
  });

  it('refuses edits of another revision, of cells that are gone and of a text that cannot be read', () => {
    const document = new JobDocument(FILE);
    const edit: Edit = { op: 'remove', keys: ['c9'] };
    assert.throws(() => document.edit(7, [edit]), StaleEditError);
    assert.throws(() => document.edit(1, [edit]), RefusedEditError);
    assert.throws(
      () => document.edit(1, [{ op: 'set', key: 'c3', path: ['messages', 4, 'content'], value: 'x' }]),
      RefusedEditError,
    );
    for (const broken of ['{', FILE.replace(']', ''), '[]', '{ "cells": {} }', '{"a":1,"a":2}']) {
      const other = new JobDocument(broken);
      assert.equal(other.content.kind, 'broken', broken);
      assert.throws(() => other.edit(1, [{ op: 'insert', at: 0, kind: 'files' }]), RefusedEditError);
    }
  });

  it('keeps the keys of cells that somebody else changes, moves or breaks for a while', () => {
    const document = new JobDocument(FILE);
    document.update(FILE.replace('Summarize', 'Sum up'));
    assert.deepEqual(keysOf(document), ['c1', 'c2', 'c3']);
    document.update(FILE.replace('Summarize', 'Sum up').replace('"id": "hello"', '"id": hello'));
    assert.equal(document.content.kind, 'broken');
    document.update(FILE.replace('"id": "hello"', '"id": "hallo"').replace('# Notes', '# Note'));
    assert.deepEqual(keysOf(document), ['c1', 'c2', 'c3']);
    document.update(document.text.replace('"cells": [', '"cells": [{ "kind": "markdown", "text": "New" },'));
    assert.deepEqual(keysOf(document), ['c4', 'c1', 'c2', 'c3']);
    assert.equal(document.rev, 5);
    assert.equal(document.update(document.text), false);
  });

  it('says where in a cell a problem stands, also within a string with escapes', () => {
    const document = new JobDocument(FILE);
    const at = FILE.split('\n')[7]!.indexOf('{{file.nam}}') + 1;
    const problem: Problem = {
      severity: 'error',
      message: 'There is no variable.',
      file: 'a.batch.json',
      path: 'cells[1].prompt',
      range: { line: 8, column: at, endLine: 8, endColumn: at + 12 },
    };
    assert.deepEqual(document.place(problem), {
      problem,
      key: 'c2',
      path: ['prompt'],
      span: { start: 11, end: 23 },
    });
    const outside = document.place({ ...problem, path: 'defaults.model' });
    assert.deepEqual([outside.key, outside.path, outside.span], [null, ['defaults', 'model'], undefined]);
  });

  it('after any edits says what they say, with one key for each cell, and undoing the text undoes them', () => {
    const kinds = fc.constantFrom('markdown', 'files', 'rows', 'messages');
    const step = fc.record({
      what: fc.nat(5),
      which: fc.nat(),
      to: fc.nat(8),
      kind: kinds,
      text: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const document = new JobDocument(FILE);
        const texts = [document.text];
        for (const { what, which, to, kind, text } of steps) {
          const keys = keysOf(document);
          const key = keys[which % keys.length];
          if (key === undefined || what === 0)
            edited(document, { op: 'insert', at: to, kind: kind as 'files' });
          else if (what === 1) edited(document, { op: 'remove', keys: [key] });
          else if (what === 2) {
            edited(document, { op: 'move', key, to });
            const rest = keys.filter((other) => other !== key);
            rest.splice(Math.min(to, rest.length), 0, key);
            assert.deepEqual(keysOf(document), rest);
          } else if (what === 3) edited(document, { op: 'set', key, path: ['prompt'], value: text });
          else if (what === 4) edited(document, { op: 'set', key: null, path: ['title'], value: text });
          else edited(document, { op: 'turnInto', key, kind: to % 2 === 0 ? 'markdown' : 'files' });
          if (what === 3 && key !== undefined)
            assert.equal(cellsOf(document).find((cell) => cell.key === key)?.source['prompt'], text);
          assert.equal(new Set(keysOf(document)).size, cellsOf(document).length);
          assert.ok(document.text.includes('// Cheap.'));
          texts.push(document.text);
        }
        for (const text of texts.reverse()) document.update(text);
        assert.equal(document.text, FILE);
      }),
    );
  });
});
