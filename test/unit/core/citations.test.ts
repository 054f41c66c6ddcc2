import assert from 'node:assert/strict';
import { withCitedFields, withVerifiedCitations, type ReadSource } from '../../../src/core/citations.ts';
import type { Citation } from '../../../src/core/job.ts';
import type { LedgerRow } from '../../../src/core/runLedger.ts';
import { readSourceText } from '../../../src/providers/text/sourceText.ts';

const ROW = { planned: { source: 'docs/a.md' }, inputHash: 'h' } as LedgerRow;

/** A citation as it is kept, of a source with this content. */
async function kept(
  citation: Partial<Citation>,
  content: string | Uint8Array,
  options: { path?: string; hash?: string; readSource?: ReadSource } = {},
): Promise<Citation | undefined> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const file = { path: options.path ?? 'docs/a.md', bytes };
  const job = { id: 'a', model: 'm', maxTokens: 1, file };
  const result = await withVerifiedCitations(
    {
      loader: { load: () => Promise.resolve({ ok: true, job, inputHash: options.hash ?? 'h' }) },
      readSource: options.readSource ?? readSourceText,
    },
    ROW,
    {
      customId: 'c',
      outcome: 'ok',
      citations: [{ file: 'a title', citedText: '', verified: true, ...citation }],
    },
  );
  return result.citations?.[0];
}

describe('Citations', () => {
  it('are verified word for word at the place that is named, and carry the path of their file', async () => {
    const text = 'One two three.';
    assert.deepEqual(await kept({ citedText: 'two', charRange: [4, 7] }, text), {
      file: 'docs/a.md',
      citedText: 'two',
      charRange: [4, 7],
      verified: true,
    });
    assert.equal((await kept({ citedText: 'two', charRange: [5, 8] }, text))?.verified, false);
    assert.equal((await kept({ citedText: 'Two', charRange: [4, 7] }, text))?.verified, false);
    assert.equal((await kept({ citedText: '', charRange: [4, 4] }, text))?.verified, false);
  });

  it('whose service counts characters are put where they stand in UTF-16 units', async () => {
    const citation = await kept({ citedText: 'two', charRange: [3, 6] }, '😀😀 two');
    assert.deepEqual(citation?.charRange, [5, 8]);
    assert.equal(citation.verified, true);
  });

  it('are looked for in the text that was sent, whatever its encoding', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße an alle', 'utf16le')]);
    assert.equal((await kept({ citedText: 'Grüße', charRange: [0, 5] }, utf16))?.verified, true);
  });

  it('of a PDF are looked for on their pages only, whatever spaces its reader finds', async () => {
    const readSource: ReadSource = () =>
      Promise.resolve(['One page.', 'The  second\npage.', 'The third page.']);
    const of = (citedText: string, pageRange: readonly [number, number]): Promise<Citation | undefined> =>
      kept({ citedText, pageRange }, 'PDF', { readSource });
    assert.equal((await of('The second page.', [2, 3]))?.verified, true);
    assert.equal((await of('The second page.', [1, 2]))?.verified, false);
    assert.equal((await of('The second page. The third', [2, 4]))?.verified, true);
    assert.equal((await of('The fourth page.', [1, 4]))?.verified, false);
  });

  it('are never verified by a source that has changed, is a picture, or cannot be read', async () => {
    const citation = { citedText: 'two', charRange: [4, 7] } as const;
    assert.equal((await kept(citation, 'One two three.', { hash: 'other' }))?.verified, false);
    assert.equal(
      (await kept(citation, Uint8Array.of(0x89, 0x50, 0, 0, 0, 0, 1), { path: 'a.png' }))?.verified,
      false,
    );
    assert.equal(
      (await kept({ citedText: 'two', pageRange: [1, 2] }, 'no PDF', { path: 'a.pdf' }))?.verified,
      false,
    );
  });

  it('name the fields of the answer that rest on them, where they say which part does', () => {
    const asked: unknown[] = [];
    const citations: Citation[] = [
      { file: 'a', citedText: 'x', verified: true, answerRange: [3, 5] },
      { file: 'a', citedText: 'y', verified: true },
    ];
    const result = withCitedFields({ customId: 'c', outcome: 'ok', citations }, (range) => {
      asked.push(range);
      return ['total'];
    });
    assert.deepEqual(asked, [[3, 5]]);
    assert.deepEqual(
      result.citations?.map(({ fields }) => fields),
      [['total'], undefined],
    );
  });
});
