import assert from 'node:assert/strict';
import { withVerifiedCitations } from '../../../src/core/citations.ts';
import type { Citation } from '../../../src/core/job.ts';
import type { LoadedRow, PlannedRow } from '../../../src/core/plan.ts';

const ROW: PlannedRow = {
  id: 'a',
  cell: 'cell',
  source: 'docs/a.txt',
  inputHash: 'hash',
  estimate: { bytes: 1, inputTokens: 1, reservedNanoUsd: 1, expectedNanoUsd: 1 },
};

async function verified(
  text: string | Uint8Array,
  citation: Partial<Citation>,
  inputHash = 'hash',
): Promise<boolean> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const job = { id: 'a', model: 'm', maxTokens: 1, prompt: 'p', file: { path: 'docs/a.txt', bytes } };
  const loaded: LoadedRow = { ok: true, job, inputHash };
  const result = await withVerifiedCitations({ loader: { load: () => Promise.resolve(loaded) } }, ROW, {
    customId: 'x',
    outcome: 'ok',
    response: 'r',
    citations: [{ file: 'A title', citedText: '', verified: false, ...citation }],
  });
  const [found] = result.citations ?? [];
  assert.equal(found?.file, 'docs/a.txt', 'a citation names the file, not what the service calls it');
  return found.verified;
}

describe('A citation', () => {
  const text = 'Rye grows. 😀 Oats grow.';

  it('is verified where it stands word for word at its place', async () => {
    assert.equal(await verified(text, { citedText: 'Rye grows.', charRange: [0, 10] }), true);
    assert.equal(await verified(text, { citedText: 'Rye grows.', charRange: [1, 11] }), false);
    assert.equal(await verified(text, { citedText: 'Rye grew.', charRange: [0, 9] }), false);
    assert.equal(await verified(text, { citedText: 'Oats grow.' }), true);
    assert.equal(await verified(text, { citedText: 'Oats grew.' }), false);
    assert.equal(await verified(text, { citedText: '', charRange: [0, 0] }), false);
  });

  it('is verified behind an emoji, however the service counts it', async () => {
    assert.equal(await verified(text, { citedText: 'Oats grow.', charRange: [14, 24] }), true);
    assert.equal(await verified(text, { citedText: 'Oats grow.', charRange: [13, 23] }), true);
    assert.equal(await verified(text, { citedText: 'Oats grow.', charRange: [12, 22] }), false);
  });

  it('is not verified by a source that has changed or is no text', async () => {
    assert.equal(await verified(text, { citedText: 'Rye grows.' }, 'another'), false);
    assert.equal(await verified(new Uint8Array([0xff, 0x00, 0x80]), { citedText: 'Rye' }), false);
  });
});
