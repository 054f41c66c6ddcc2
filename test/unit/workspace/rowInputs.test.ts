import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import type { ResultsSession } from '../../../src/workspace/results/resultsSession.ts';
import { contractRun } from '../../support/contractRun.ts';
import { makeRun, NOTES, openSession, type MadeRun } from '../../support/resultRuns.ts';
import { Folder } from '../../support/cli/folder.ts';
import { OFFICE } from '../../support/inputFiles.ts';
import { textPdf } from '../../support/textPdf.ts';

const [PDF, MARKDOWN, LETTER, GONE] = [0, 1, 2, 3];

describe('The input of a row beside its result', function () {
  this.timeout(20_000);
  let folder: Folder;
  let run: MadeRun;
  let session: ResultsSession;

  beforeEach(async () => {
    ({ folder, run } = await contractRun());
    ({ session } = await openSession(run));
  });
  afterEach(async () => {
    await run.writer.release();
    await folder[Symbol.asyncDispose]();
  });

  async function markedIn(row: number, citation: number, page?: number): Promise<string[]> {
    const source = await session.sourcePart(row, citation, page === undefined ? {} : { page });
    assert.ok(source.ok, JSON.stringify(source));
    return source.part.pieces.filter(({ cited }) => cited).map(({ text }) => text);
  }

  it('is, of a PDF, the page that a citation names, with what is cited across its line ends', async () => {
    const source = await session.sourcePart(PDF, 2, {});
    assert.ok(source.ok);
    assert.deepEqual([source.part.page, source.part.pages, source.isPaged], [8, 14, true]);
    assert.deepEqual(await markedIn(PDF, 2), [
      "renews for twelve months\nunless ended with ninety (90) days' written notice",
    ]);
    assert.deepEqual(await markedIn(PDF, 2, 3), []);
  });

  it('is shown at the page that is named where what is cited is not there', async () => {
    const source = await session.sourcePart(PDF, 3, {});
    assert.ok(source.ok);
    assert.deepEqual([source.part.page, source.isFound], [10, false]);
  });

  it('is read of a PDF of 500 pages at the page that is cited alone, and measures it', async () => {
    const pages = Array.from({ length: 500 }, (_, i) =>
      Array.from(
        { length: 50 },
        (_, j) => `Page ${String(i)} line ${String(j)} says something that is read.`,
      ),
    );
    await writeFile(folder.path('contracts/nordwind/msa-2024-signed.pdf'), textPdf(pages));
    const began = performance.now();
    const source = await session.sourcePart(PDF, 2, {});
    assert.ok(source.ok);
    assert.deepEqual([source.part.page, source.part.pages, source.isFound], [8, 500, false]);
    const first = performance.now();
    await session.sourcePart(PDF, 2, { page: 499 });
    process.stdout.write(
      `      a page of 500: first ${(first - began).toFixed(0)} ms, another ${(performance.now() - first).toFixed(0)} ms\n`,
    );
  });

  it('is, of a text, a part with what is cited at its range, and the parts around', async () => {
    assert.deepEqual(await markedIn(MARKDOWN, 0), ['ninety days']);
    let from = 0;
    let all = '';
    for (;;) {
      const source = await session.sourcePart(MARKDOWN, undefined, { from });
      assert.ok(source.ok);
      assert.equal(source.part.from, from);
      all += source.part.pieces.map(({ text }) => text).join('');
      from = source.part.to;
      if (from === source.part.length) break;
    }
    assert.equal(all, await folder.read('contracts/notes.md'));
  });

  it('is, of a data row, its columns', async () => {
    const source = await session.sourcePart(LETTER, undefined, {});
    assert.ok(source.ok);
    assert.equal(source.part.pieces[0]?.text, 'id: S-1042\nname: Sander');
  });

  it('says why there is none: a file that is gone, a picture, a file outside the root', async () => {
    assert.deepEqual(await session.sourcePart(GONE, undefined, {}), {
      ...{ ok: false, reason: 'gone', message: 'The file does not exist any more.' },
      ...{ source: 'contracts/gone.pdf', cited: undefined },
    });
    await using other = await Folder.with({ 'a.png': 'x', 'a.docx': OFFICE['docx']!('Rye'), 'a.pdf': 'x' });
    const pictures = await makeRun(
      other,
      ['a.png', '../outside.txt', 'a.pdf', 'a.docx'].map((source) => ({
        source,
        stored: { outcome: 'ok', response: '' },
      })),
      [NOTES],
    );
    const { session: alone } = await openSession(pictures);
    const reasons = await Promise.all([0, 1, 2, 3].map((row) => alone.sourcePart(row, undefined, {})));
    assert.deepEqual(
      reasons.map((one) => (one.ok ? one.part.pieces[0]?.text.trim() : one.reason)),
      ['picture', 'gone', 'unreadable', 'Rye'],
    );
    assert.equal((await alone.standing(0)).state, 'unknown');
    assert.deepEqual(await alone.prompt(0), { ok: false, message: '' });
    await pictures.writer.release();
  });

  it('is as it was sent until it changes on disk', async () => {
    const states = async (): Promise<string[]> =>
      Promise.all([PDF, MARKDOWN, LETTER, GONE].map(async (row) => (await session.standing(row)).state));
    assert.deepEqual(await states(), ['same', 'same', 'same', 'gone']);
    await writeFile(folder.path('contracts/notes.md'), 'Notice: sixty days.');
    await writeFile(folder.path('renewals.csv'), 'id,name\nS-1042,Sanders\n');
    await rm(folder.path('contracts/nordwind'), { recursive: true });
    assert.deepEqual(await states(), ['gone', 'changed', 'changed', 'gone']);
    await writeFile(folder.path('renewals.csv'), 'id,name\nS-1,Sander\n');
    assert.deepEqual((await states())[LETTER], 'gone');
  });

  it('has what is nearest to a citation that is not in it', async () => {
    const { nearest } = await session.standing(PDF);
    assert.deepEqual(nearest, [undefined, undefined, undefined, 'EUR 50,000 per event']);
  });

  it('was asked as the last attempt was: with the system message, the schema and what was wrong before', async () => {
    const prompt = await session.prompt(PDF);
    assert.ok(prompt.ok);
    assert.equal(prompt.system, 'You read contracts.');
    assert.equal(prompt.isAsSent, true);
    assert.deepEqual(prompt.messages, [
      {
        role: 'user',
        text: 'What are the terms of msa-2024-signed.pdf?\n\nYour previous answer could not be used: /notice_days must be number. Answer again and keep to the schema.',
      },
    ]);
    assert.equal(prompt.file?.path, 'contracts/nordwind/msa-2024-signed.pdf');
    const schema = JSON.parse(prompt.schema ?? '{}') as { readonly properties: object };
    assert.deepEqual(Object.keys(schema.properties), [
      ...['supplier', 'effective', 'notice_days', 'auto_renews', 'liability_cap'],
    ]);
    await writeFile(folder.path('renewals.csv'), 'id,name\nS-1042,Sanders\n');
    const letter = await session.prompt(LETTER);
    assert.ok(letter.ok);
    assert.equal(letter.isAsSent, false);
    assert.equal(letter.messages[0]?.text, 'Write to Sanders.');
  });

  it('tells of each attempt why it did not count', async () => {
    const { attempts, batch } = await session.detail(PDF);
    assert.deepEqual(
      attempts.map(({ attempt, outcome, broken }) => [attempt, outcome, broken]),
      [
        [1, 'invalid', { field: 'notice_days', value: 'ninety' }],
        [2, 'ok', undefined],
      ],
    );
    assert.equal(batch, 2);
  });

  it('leads to files below the root alone', async () => {
    assert.equal((await session.jobFilePlace())?.file, folder.path('supplier-contracts.batch.json'));
    assert.equal(await session.writtenPlace(PDF), undefined);
    const sha256 = 'x';
    const rows = [
      [PDF, 'results/a.json', sha256],
      [MARKDOWN, '../a.json', sha256],
    ] as const;
    await run.writer.append({ e: 'rowsWritten', at: 1, rows });
    await session.refresh();
    assert.equal((await session.writtenPlace(PDF))?.file, folder.path('results/a.json'));
    assert.equal(await session.writtenPlace(MARKDOWN), undefined);
  });
});
