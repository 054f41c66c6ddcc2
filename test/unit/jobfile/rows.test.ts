import assert from 'node:assert/strict';
import { hashDigits, rowId } from '../../../src/jobfile/ids.ts';
import { keyRows, parseTable, tableProblems, type DataTable } from '../../../src/jobfile/rows.ts';

const table = (text: string | Uint8Array, name = 'x.csv'): DataTable =>
  parseTable(typeof text === 'string' ? Buffer.from(text) : text, name);
const lines = (t: DataTable): readonly number[] => t.rows.map(({ line }) => line);
const column = (t: DataTable, name: string): readonly (string | undefined)[] =>
  t.rows.map((row) => t.value(row, name));

describe('data files', () => {
  it('read CSV with a byte order mark, CRLF, blank lines and quoted line ends, knowing first lines', () => {
    const t = table('\uFEFFname , Straße\r\nAnn,"a\r\nb"\r\n\r\n"Bo ""B""",c\r\n');
    assert.deepEqual(t.problems, []);
    assert.deepEqual(t.columns, ['name', 'Straße']);
    assert.deepEqual(column(t, 'Straße'), ['a\nb', 'c']);
    assert.deepEqual(column(t, 'name'), ['Ann', 'Bo "B"']);
    assert.deepEqual(lines(t), [2, 5]);
  });

  it('read semicolons and tabs', () => {
    assert.deepEqual(table('a;b\n1,5;2\n').columns, ['a', 'b']);
    assert.deepEqual(table('a\tb\n1\t2\n', 'x.TSV').columns, ['a', 'b']);
    assert.deepEqual(table('a\tb\n1\t2\n').columns, ['a', 'b']);
    assert.deepEqual(column(table('one\nx\n'), 'one'), ['x']);
  });

  it('read JSON lines, with nested values as JSON and absent ones absent', () => {
    const t = table('{"a":"x","b":[1]}\n\n{"a":null,"c":2}\r\n', 'x.jsonl');
    assert.deepEqual(t.columns, ['a', 'b', 'c']);
    assert.deepEqual(column(t, 'a'), ['x', '']);
    assert.deepEqual(column(t, 'b'), ['[1]', undefined]);
    assert.deepEqual(column(t, 'c'), [undefined, '2']);
    assert.deepEqual(lines(t), [1, 3]);
  });

  it('name the line of what cannot be read and keep the rest', () => {
    const csv = table('a,b\n1,2\n3\n4,5\n');
    assert.deepEqual(
      csv.problems.map(({ line }) => line),
      [3],
    );
    assert.equal(csv.rows.length, 2);
    for (const [text, line] of [
      ['a,b\n1,"2\n3,4\n', 2],
      ['a,b\n1,"x\ny"\n\n"ü""",z\n2,"open\n3,z\n', 6],
      ['a,b\n"open,1\n3,z\n', 2],
    ] as const)
      assert.deepEqual(table(text).problems, [
        { line, message: 'The quote that opens a value here is not closed. Close it.' },
      ]);
    const jsonl = table('{"a":1}\n{"a":\n[1]\n"x"\n', 'x.ndjson');
    assert.deepEqual(
      jsonl.problems.map(({ line }) => line),
      [2, 3, 4],
    );
  });

  it('refuse other files, other encodings, repeated columns and tables without rows', () => {
    assert.match(table('x', 'x.xlsx').problems[0]?.message ?? '', /\.csv, \.tsv/);
    const latin = table(Buffer.from('a,b\n1,2\ncaf\xe9,3\n', 'latin1'));
    assert.deepEqual(
      latin.problems.map(({ line, message }) => [line, /UTF-8/.test(message)]),
      [[3, true]],
    );
    assert.match(table('a,a\n1,2\n').problems[0]?.message ?? '', /Two columns are called "a"/);
    for (const text of ['', 'a,b\n']) assert.match(table(text).problems[0]?.message ?? '', /no rows/);
    assert.match(table({ length: 200_000_001 } as Uint8Array).problems[0]?.message ?? '', /MB/);
  });

  it('show the first problems of a file and how many more there are', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ line: i + 1, message: 'bad' }));
    const shown = tableProblems(many, 'x.csv', 'cells[0].data');
    assert.equal(shown.length, 20);
    assert.match(shown[19]?.message ?? '', /10 more/);
    assert.deepEqual([shown[4]?.file, shown[4]?.range.line], ['x.csv', 5]);
  });
});

describe('keys of data rows', () => {
  it('come from the key column, and duplicates name both lines', () => {
    const { rows, problems } = keyRows(table('id,v\na,1\nb,2\na,3\n ,4\n'), 'id');
    assert.deepEqual(
      rows.map(({ key }) => key),
      ['a', 'b'],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [4, 5],
    );
    assert.match(problems[0]?.message ?? '', /Lines 2 and 4 .*"a"/);
    assert.match(problems[1]?.message ?? '', /empty on line 5/);
    const twins = keyRows(table('id\ncaf\u00e9\ncafe\u0301\n'), 'id');
    assert.equal(twins.problems.length, 1);
  });

  it('else are a hash of the values, the same in any order of columns, with numbers for repeats', () => {
    const a = keyRows(table('x,y\n1,2\n3,4\n1,2\n1,2\n'), undefined).rows.map(({ key }) => key);
    const b = keyRows(table('y,x\n2,1\n'), undefined).rows.map(({ key }) => key);
    assert.equal(a[0], b[0]);
    assert.deepEqual(a.slice(2), [`${String(a[0])}#2`, `${String(a[0])}#3`]);
    assert.notEqual(a[0], a[1]);
    const swapped = keyRows(table('x,y\n2,1\n'), undefined).rows[0]?.key;
    assert.notEqual(a[0], swapped);
  });
});

describe('row ids', () => {
  it('never change: runs of today resume tomorrow', () => {
    assert.equal(rowId('summary', 'docs/a.md'), `summary-${hashDigits('docs/a.md', 26)}`);
    // The first 130 bits of the SHA-256 of the empty text, e3b0c44298fc1c14…
    assert.equal(hashDigits('', 26), 'werc8gmrzge196qvyk49jvxs4g');
  });

  it('fit custom ids whatever the path', () => {
    for (const key of ['a b', 'é'.repeat(300), '里山', '\n', ''])
      assert.match(rowId('a'.repeat(37), key), /^a{37}-[0-9a-hjkmnp-tv-z]{26}$/);
    assert.notEqual(rowId('a', 'A.md'), rowId('a', 'a.md'));
  });
});
