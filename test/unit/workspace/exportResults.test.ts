import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { ResultSource } from '../../../src/core/assembleResult.ts';
import { StateError } from '../../../src/core/errors.ts';
import type { JobResult } from '../../../src/core/job.ts';
import { exportResults, formatResults, type ResultFormat } from '../../../src/workspace/exportResults.ts';
import { Folder } from '../../support/cli/folder.ts';
import { resultSourceOf, type FakeRow } from '../../support/resultSource.ts';

type Record = Readonly<globalThis.Record<string, string>>;

/** What a file holds of a text: UTF-8 has no half characters. */
function asUtf8(text: string): string {
  return Buffer.from(text).toString('utf8');
}

/** Any break outside quotation marks ends a record, as in Python and in spreadsheets. */
const AS_ANY_READER = {
  record_delimiter: ['\r\n', '\n', '\r', '\u2028', '\u2029', '\u0085', '\u000b', '\u000c'],
};

function exported(rows: readonly FakeRow[], format: ResultFormat): string {
  return asUtf8([...formatResults(resultSourceOf(rows), format)].join(''));
}

function csvOf(...rows: readonly FakeRow[]): readonly Record[] {
  return parse<Record>(exported(rows, 'csv'), { columns: true, ...AS_ANY_READER });
}

function structured(...answers: readonly unknown[]): readonly FakeRow[] {
  return answers.map((parsedResponse, i) => ({
    source: `${String(i)}.md`,
    stored: { response: JSON.stringify(parsedResponse), parsedResponse },
  }));
}

/** Texts with whatever breaks files and spreadsheets. */
const HOSTILE = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '＝',
        '＋',
        '－',
        '＠',
        '\t',
        '\r',
        '\n',
        '\r\n',
        '"',
        '""',
        ',',
        ';',
      ),
      fc.constantFrom(
        "'",
        ' ',
        '\u0000',
        '\u001b',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\u2028',
        '\u0085',
        '\u3164',
      ),
      fc.constantFrom('\ud800', '\udc00', '😀', '<script>', '=HYPERLINK("http://evil")'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const FORMULA = /^(?:[\t\r]|[\s\p{Cc}\p{Cf}\p{DI}]*[=+\-@＝＋－＠])/u;

/** A value as CSV has it: the text, or the text behind an apostrophe where it may be taken for a formula. */
function assertCsvText(found: string | undefined, text: string): void {
  const expected = asUtf8(text);
  if (found === expected) {
    assert.doesNotMatch(expected, FORMULA);
    return;
  }
  assert.equal(found, `'${expected}`);
  assert.match(expected, FORMULA);
}

describe('Results as CSV', () => {
  it('give back every text, whatever is in it, and none as a formula', () => {
    fc.assert(
      fc.property(fc.array(HOSTILE, { minLength: 1, maxLength: 4 }), (texts) => {
        const rows = texts.map((response, i) => ({ source: `${String(i)}.md`, stored: { response } }));
        const records = csvOf(...rows);
        assert.equal(records.length, texts.length);
        for (const [i, text] of texts.entries()) assertCsvText(records[i]?.['response'], text);
      }),
      { numRuns: 500 },
    );
  });

  it('are one record a row, also where an answer has lines that begin like formulas', () => {
    const rows = ['Line one.\nLine two.\n=1+1', 'fine', 'two\rthree', '\u2028=1'].map((response) => ({
      source: 'a.md',
      stored: { response },
    }));
    assert.deepEqual(
      csvOf(...rows).map((record) => record['response']),
      ['Line one.\nLine two.\n=1+1', 'fine', 'two\rthree', "'\u2028=1"],
    );
  });

  it('have a column for every field of the structured answers, also with hostile names and values', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(HOSTILE, HOSTILE, { maxKeys: 4 }), { maxLength: 4 }), (answers) => {
        const [head = [], ...lines] = parse(exported(structured(...answers), 'csv'), AS_ANY_READER);
        assert.equal(new Set(head).size, head.length, 'no two columns have one name');
        for (const name of head) assert.doesNotMatch(name, FORMULA);
        for (const [i, answer] of answers.entries()) {
          const values = lines[i]?.slice(13).filter((value) => value !== '') ?? [];
          const expected = Object.values(answer).filter((value) => value !== '');
          assert.equal(values.length, Object.keys(answer).length === 0 ? 1 : expected.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('name nested fields with dots, keep lists as JSON and numbers as numbers', () => {
    const [first, second] = csvOf(
      ...structured(
        {
          total: -12.5,
          vendor: { name: 'Acme', address: { city: 'Bonn' } },
          lines: [{ sku: 'a' }, 2],
          paid: true,
        },
        { total: null, vendor: { name: '=1+1' }, note: 'late' },
      ),
    );
    assert.equal(first?.['total'], '-12.5');
    assert.equal(first['vendor.name'], 'Acme');
    assert.equal(first['vendor.address.city'], 'Bonn');
    assert.equal(first['lines'], '[{"sku":"a"},2]');
    assert.equal(first['paid'], 'true');
    assert.equal(first['note'], '');
    assert.deepEqual([second?.['total'], second?.['vendor.name'], second?.['note']], ['', "'=1+1", 'late']);
  });

  it('tell a field from a column of ours and from another field that reads the same', () => {
    const [record] = csvOf(...structured({ status: 'paid', 'a.b': 1, a: { b: 2 } }));
    assert.equal(record?.['status'], 'ok');
    assert.equal(record['answer.status'], 'paid');
    assert.deepEqual([record['a.b'], record['answer.a.b']], ['1', '2']);
  });

  it('have a column for answers that are no object, and an end to the columns', () => {
    const records = csvOf(...structured([1, 2], 'text', 7));
    assert.deepEqual(
      records.map((record) => record['answer']),
      ['[1,2]', 'text', '7'],
    );
    const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${String(i)}`, i]));
    const [record] = csvOf(...structured(wide));
    assert.equal(Object.keys(record ?? {}).length, 13 + 500);
    assert.match(record?.['response'] ?? '', /"f1999":1999/);
  });

  it('hold 5 MB on one line', () => {
    const response = `${'x"'.repeat(2_500_000)}end`;
    const [record] = csvOf({ source: 'a.md', stored: { response } });
    assert.equal(record?.['response'], response);
  });
});

describe('Results as JSON', () => {
  it('give back every text, half characters included, with where each row comes from', () => {
    fc.assert(
      fc.property(fc.array(HOSTILE, { maxLength: 4 }), (texts) => {
        const rows = texts.map((response, i) => ({ source: `${String(i)}.md`, stored: { response } }));
        const lines = exported(rows, 'jsonl').split('\n').slice(0, -1);
        const found = lines.map((line) => JSON.parse(line) as JobResult & { readonly source: string });
        assert.deepEqual(
          found.map(({ source, response }) => [source, response]),
          rows.map(({ source, stored }) => [source, stored.response]),
        );
        assert.deepEqual(JSON.parse(exported(rows, 'json')), found);
      }),
    );
  });
});

describe('Exporting into a file', () => {
  const run = resultSourceOf(
    Array.from({ length: 50 }, (_, i) => ({ source: `${String(i)}.md`, stored: { response: 'An answer.' } })),
  );

  for (const format of ['jsonl', 'json', 'csv', 'md'] as const) {
    it(`replaces one only when the person was asked, and one that is broken off leaves what was there: ${format}`, async () => {
      await using folder = await Folder.with();
      const file = folder.path(`out.${format}`);
      await writeFile(file, 'mine');
      await assert.rejects(exportResults(run, format, file), { code: 'outputConflict' });
      const stop = new AbortController();
      const broken = exportResults(run, format, file, {
        replace: true,
        signal: stop.signal,
        onProgress: (done) => {
          if (done === 40) stop.abort();
        },
      });
      assert.equal(await broken, undefined);
      assert.equal(await readFile(file, 'utf8'), 'mine');
      assert.equal(await exportResults(run, format, file, { replace: true }), 0);
      assert.equal(await readFile(file, 'utf8'), [...formatResults(run, format)].join(''));
      assert.deepEqual(await readdir(folder.root), [`out.${format}`]);
    });
  }

  it('goes on behind a result that was changed on disk, and tells how many there were', async () => {
    await using folder = await Folder.with();
    const whole = resultSourceOf(structured({ total: 1 }, { total: 2 }, { total: 3 }));
    const damaged: ResultSource = {
      ...whole,
      readResult: (location) => {
        if (location[0] === 1) throw new StateError('corruptState', 'results.jsonl was changed at byte 9.');
        return whole.readResult(location);
      },
    };
    const all = { csv: '', json: '', jsonl: '', md: '' };
    for (const format of ['csv', 'json', 'jsonl', 'md'] as const) {
      assert.equal(await exportResults(damaged, format, folder.path(`out.${format}`)), 1, format);
      all[format] = await readFile(folder.path(`out.${format}`), 'utf8');
      assert.match(all[format], /results\.jsonl was changed at byte 9\./, format);
    }
    assert.deepEqual(
      parse<Record>(all.csv, { columns: true }).map(({ source, status, total }) => [source, status, total]),
      [
        ['0.md', 'ok', '1'],
        ['1.md', 'error', ''],
        ['2.md', 'ok', '3'],
      ],
    );
    const results = JSON.parse(all.json) as readonly JobResult[];
    assert.deepEqual(results[1]?.error, {
      code: 'corruptState',
      message: 'results.jsonl was changed at byte 9.',
    });
    assert.equal(results[1].response, undefined);
  });

  it('never replaces a file that came while it was written', async () => {
    await using folder = await Folder.with();
    const file = folder.path('out.csv');
    let written: Promise<void> | undefined;
    const late = exportResults(run, 'csv', file, {
      onProgress: (done) => {
        if (done === 1) written = writeFile(file, 'mine');
      },
    });
    await assert.rejects(late, { code: 'outputConflict' });
    await written;
    assert.equal(await readFile(file, 'utf8'), 'mine');
    assert.deepEqual(await readdir(folder.root), ['out.csv']);
  });

  it('says why where there is no such folder', async () => {
    await using folder = await Folder.with();
    await assert.rejects(exportResults(run, 'csv', folder.path('gone/out.csv')), {
      code: 'outputConflict',
      message: /cannot be written/,
    });
  });
});
