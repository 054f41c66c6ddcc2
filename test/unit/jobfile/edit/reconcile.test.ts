import assert from 'node:assert/strict';
import fc from 'fast-check';
import { applyChanges, reconcile } from '../../../../src/jobfile/edit/reconcile.ts';
import { parseJsonc } from '../../../../src/jobfile/syntax.ts';

type Json = fc.JsonValue;

const FILE = `{
  // For the auditors.
  "version": 1, /* the only one */
  "defaults": { "model": "offline-extractive", "maxTokens": 1000 }, // cheap
  "cells": [ // top to bottom
    { "kind": "markdown", "text": "# Notes" },
    // The one that matters.
    {
      "kind": "files",
      "id": "summary",
      "files": [
        "docs/**", // all of them
        "!docs/old/**"
      ],
      "prompt": "Summarize {{file.name}}." // short
    }, // end of summary
    { "kind": "files", "id": "last", "files": ["a.md"], "prompt": "Last." } // no comma
    /* the end */
  ]
}
`;

function changed(text: string, change: (value: Record<string, never>) => unknown): string {
  const parsed = parseJsonc(text);
  assert.ok(parsed.ok);
  const value = change(structuredClone(parsed.value) as Record<string, never>) ?? parsed.value;
  const after = applyChanges(text, reconcile(text, value));
  const again = parseJsonc(after);
  assert.ok(again.ok, after);
  assert.equal(JSON.stringify(again.value), JSON.stringify(value));
  return after;
}

/** A value of the file as a list or object to change. */
interface Loose {
  [key: string]: never;
}

describe('reconcile', () => {
  const edit = (change: (value: { cells: Loose[] } & Loose) => void): string =>
    changed(FILE, (value) => {
      change(value as never);
      return value;
    });

  it('changes nothing where nothing is another', () => {
    assert.equal(
      changed(FILE, (value) => value),
      FILE,
    );
  });

  it('replaces a string and nothing around it', () => {
    const after = edit(({ cells }) => Object.assign(cells[1]!, { prompt: 'Summarize "it".' }));
    assert.equal(after, FILE.replace('Summarize {{file.name}}.', 'Summarize \\"it\\".'));
  });

  it('adds a key where the value has it, in the form of those beside it', () => {
    const after = edit(({ cells }) => {
      cells[1] = { ...cells[1], maxTokens: 200 } as never;
      cells[2] = { kind: 'files', id: 'last', model: 'm', files: ['a.md'], prompt: 'Last.' } as never;
    });
    assert.equal(
      after,
      FILE.replace('}}." // short', '}}.", // short\n      "maxTokens": 200').replace(
        '"id": "last", ',
        '"id": "last", "model": "m", ',
      ),
    );
  });

  it('adds to a list and takes from it, and the comments of the others stay', () => {
    const after = edit(({ cells }) => Object.assign(cells[1]!, { files: ['docs/**', 'more/*.md'] }));
    assert.equal(after, FILE.replace('!docs/old/**', 'more/*.md'));
    const without = edit(({ cells }) => Object.assign(cells[1]!, { files: ['docs/**'] }));
    assert.equal(
      without,
      FILE.replace('"docs/**", // all of them\n        "!docs/old/**"', '"docs/**" // all of them'),
    );
  });

  it('moves a cell with its comments', () => {
    const after = edit((value) => {
      value.cells.push(...value.cells.splice(1, 1));
    });
    assert.equal(
      after,
      FILE.replace('    // The one that matters.\n', '')
        .replace(/ {4}\{\n {6}"kind": "files",\n[\s\S]*?\}, \/\/ end of summary\n/, '')
        .replace(
          ' // no comma',
          `, // no comma\n    // The one that matters.\n${/ {4}\{\n {6}"kind": "files",[\s\S]*?\n {4}\}/.exec(FILE)![0]} // end of summary`,
        ),
    );
  });

  it('removes a cell with the comments that are its own', () => {
    const after = edit((value) => {
      value.cells.splice(1, 1);
    });
    assert.ok(!after.includes('matters') && !after.includes('end of summary'));
    assert.ok(
      after.includes('// no comma') && after.includes('/* the end */') && after.includes('// top to bottom'),
    );
  });

  it('inserts a cell on lines of its own, into a full list and into an empty one', () => {
    const cell = { kind: 'files', id: 'new', files: [], prompt: '' };
    const after = edit((value) => {
      value.cells.splice(1, 0, cell as never);
    });
    assert.equal(
      after,
      FILE.replace(
        '\n    // The one that matters.',
        '\n    {\n      "kind": "files",\n      "id": "new",\n      "files": [],\n      "prompt": ""\n    },\n    // The one that matters.',
      ),
    );
    const first = changed('{ "version": 1, "cells": [] }', () => ({ version: 1, cells: [cell] }));
    assert.match(first, /^\{ "version": 1, "cells": \[\n {2}\{\n {4}"kind"/);
    assert.equal(
      changed(first, () => ({ version: 1, cells: [] })),
      '{ "version": 1, "cells": [] }',
    );
  });

  it('keeps the line ends and the indentation of the file', () => {
    const windows = FILE.replaceAll('\n', '\r\n').replaceAll('  ', '\t');
    const after = changed(windows, (value) => {
      (value as unknown as { cells: unknown[] }).cells.push({ kind: 'markdown', text: 'a\nb' });
      return value;
    });
    assert.ok(!/[^\r]\n/.test(after));
    assert.ok(after.includes('\r\n\t\t{\r\n\t\t\t"kind": "markdown"'), JSON.stringify(after));
  });

  it('never splits a surrogate pair between what stays and what comes', () => {
    const text = '{ "a": "x😀y" }';
    for (const value of ['x😁y', 'x😀😀y', 'xy', '😀']) {
      for (const { offset, length } of reconcile(text, { a: value }))
        for (const place of [offset, offset + length])
          assert.doesNotMatch(text.slice(place - 1, place + 1), /^[\ud800-\udbff][\udc00-\udfff]$/);
      assert.equal(
        changed(text, () => ({ a: value })),
        `{ "a": "${value}" }`,
      );
    }
  });

  const json = fc
    .jsonValue({ maxDepth: 4 })
    .filter((value) => !JSON.stringify(value).includes('__proto__'))
    .map((value) => JSON.parse(JSON.stringify(value)) as Json); // a text says 0 of -0
  const trivia = fc.constantFrom(
    '',
    ' ',
    '\n  ',
    ' // note\n',
    '/* a "b" // */',
    '\n// { , \n\t',
    '\r\n',
    ' /* 1 */ /* 2\n */ ',
  );

  /** A value as text with anything between its tokens that may stand there. */
  function written(value: Json, next: () => string): string {
    const list = (open: string, close: string, parts: readonly string[]): string => {
      const comma = parts.length > 0 && next().startsWith('\n') ? ',' : '';
      return `${open}${parts.map((part) => next() + part + next()).join(',')}${comma}${next()}${close}`;
    };
    if (Array.isArray(value))
      return list(
        '[',
        ']',
        (value as readonly Json[]).map((part) => written(part, next)),
      );
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const parts = Object.entries(value).map(
      ([key, part]) => `${JSON.stringify(key)}${next()}:${next()}${written(part ?? null, next)}`,
    );
    return list('{', '}', parts);
  }

  it('says the new value whatever the text was, and keeps every comment where nothing is removed', () => {
    fc.assert(
      fc.property(
        json,
        json,
        fc.array(trivia, { minLength: 1, maxLength: 20 }),
        fc.nat(),
        (value, other, between, seed) => {
          let n = 0;
          const text = written(value, () => between[n++ % between.length] ?? '');
          assert.equal(
            changed(text, () => value),
            text,
          );
          changed(text, () => other);
          const root = structuredClone(value) as unknown;
          const grown = grow(root, other, seed);
          assert.equal(commentsOf(changed(text, () => grown)), commentsOf(text));
        },
      ),
      { numRuns: 400 },
    );
  });

  /** Puts `other` somewhere into `value`, and turns a list around. */
  function grow(value: unknown, other: Json, seed: number): unknown {
    if (Array.isArray(value)) {
      const list = value as unknown[];
      if (list.length > 0 && seed % 3 > 0)
        list[seed % list.length] = grow(list[seed % list.length], other, seed >> 2);
      else list.splice(seed % (list.length + 1), 0, other);
      return seed % 5 === 0 ? [...list].reverse() : list;
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const at = entries[seed % Math.max(1, entries.length)];
    if (at !== undefined && seed % 3 > 0) return { ...value, [at[0]]: grow(at[1], other, seed >> 2) };
    return Object.fromEntries([...entries.slice(0, 1), [`new ${String(seed)}`, other], ...entries.slice(1)]);
  }

  function commentsOf(text: string): number {
    return [
      ...text
        .replaceAll(/"(?:[^"\\]|\\.)*"(?=\s*[:,}\]/])/g, '""')
        .matchAll(/note|a "b"|\{ ,|1 \*\/|2\r?\n \*\//g),
    ].length;
  }
});
