import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import type { ResultSource } from '../../../src/core/assembleResult.ts';
import { exportResults } from '../../../src/workspace/exportResults.ts';
import { resultsDocument } from '../../../src/workspace/resultsDocument.ts';
import { Folder } from '../../support/cli/folder.ts';
import { resultSourceOf, type FakeRow } from '../../support/resultSource.ts';

function documentOf(run: ResultSource, caps?: Parameters<typeof resultsDocument>[1]): string {
  return [...resultsDocument(run, caps)].join('');
}

describe('The document of results', () => {
  it('says how it went and what it cost, and has a heading for every row with its answer or why there is none', () => {
    const rows: FakeRow[] = [
      { source: 'a.md', stored: { response: 'The answer.' }, costNanoUsd: 420_000_000 },
      {
        source: 'b.md',
        status: 'error',
        outcome: 'permanent',
        stored: { error: { code: 'permanent', message: 'No.' } },
      },
      { source: 'c.md', status: 'pending' },
    ];
    const text = documentOf(resultSourceOf(rows, 'A run', 5_000_000_000));
    assert.equal(
      text,
      [
        '# A run',
        '',
        '3 rows: 1 ok, 1 error, 1 not ended yet. Cost: $0.42 of $5.00. Planned on 1970-01-01.',
        '',
        '| Cell | Model | Rows | Ok | Not ok | Cost |',
        '| --- | --- | ---: | ---: | ---: | ---: |',
        '| a | mock-small | 3 | 1 | 1 | $0.42 |',
        '',
        '| No answer to use | Outcome | Why |',
        '| --- | --- | --- |',
        '| b.md | error | No. |',
        '',
        '## a.md',
        '',
        'The answer.',
        '',
        '## b.md',
        '',
        '*error: No.*',
        '',
      ].join('\n'),
    );
  });

  it('lets no answer and no name pass for another row', () => {
    const answer = '## b.md\n\nfake\n\nb.md\n---\n\n```\n## in code\n```\n\n# Top\n\n```\nnever closed';
    const text = documentOf(
      resultSourceOf([
        { source: 'a.md', stored: { response: answer } },
        { source: 'x.md\n\n## b.md\n\nfake', stored: { response: 'ok' } },
      ]),
    );
    const headings = text.split('\n').filter((line) => /^##? /.test(line));
    assert.deepEqual(headings, ['# A run', '## a.md', '## in code', '## x.md \\#\\# b.md fake']);
    assert.match(text, /^#### b\.md$/m);
    assert.match(text, /^\\---$/m);
    assert.match(text, /never closed\n```\n/);
  });

  it('shows structured answers as JSON that nothing in them can end', () => {
    const json = '{"a":"```\\n## b.md"}';
    const text = documentOf(
      resultSourceOf([{ source: 'a.md', stored: { response: json, parsedResponse: JSON.parse(json) } }]),
    );
    assert.match(text, /\n````json\n\{\n {2}"a": .*\n\}\n````\n/);
  });

  it('ends where an editor would suffer, and says how many more there are', () => {
    const rows = Array.from({ length: 9 }, (_, i) => ({
      source: `${String(i)}.md`,
      stored: { response: 'x'.repeat(100) },
    }));
    assert.match(documentOf(resultSourceOf(rows), { maxRows: 4, maxCharacters: 10_000 }), /5 more rows/);
    assert.match(documentOf(resultSourceOf(rows), { maxRows: 100, maxCharacters: 250 }), /6 more rows/);
    assert.doesNotMatch(documentOf(resultSourceOf(rows)), /more rows/);
  });
});

describe('Exporting results', () => {
  const run = resultSourceOf(
    Array.from({ length: 50 }, (_, i) => ({ source: `${String(i)}.md`, stored: { response: 'An answer.' } })),
  );

  it('writes a new file, and tells how far it is', async () => {
    await using folder = await Folder.with();
    const seen: number[] = [];
    const file = folder.path('out.jsonl');
    assert.equal(await exportResults(run, 'jsonl', file, { onProgress: (done) => seen.push(done) }), 0);
    assert.equal((await readFile(file, 'utf8')).trimEnd().split('\n').length, 50);
    assert.equal(seen.at(-1), 50);
  });

  it('never replaces a file', async () => {
    await using folder = await Folder.with();
    const file = folder.path('out.csv');
    await writeFile(file, 'mine');
    await assert.rejects(exportResults(run, 'csv', file), { code: 'outputConflict' });
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });

  it('leaves nothing when it is broken off, or fails', async () => {
    await using folder = await Folder.with();
    const stop = new AbortController();
    const broken = exportResults(run, 'json', folder.path('out.json'), {
      signal: stop.signal,
      onProgress: (done) => {
        if (done === 10) stop.abort();
      },
    });
    assert.equal(await broken, undefined);
    const failing = {
      ...run,
      readResult: () => {
        throw new Error('disk');
      },
    } as unknown as ResultSource;
    await assert.rejects(exportResults(failing, 'jsonl', folder.path('out.jsonl')), /disk/);
    assert.deepEqual(await readdir(folder.root), []);
  });
});
