import assert from 'node:assert/strict';
import { fits } from '../../../src/workspace/results/rowFilter.ts';

describe('A rule on a number', () => {
  it('reads it as people write it, with a sign of money and in groups', () => {
    const thousand = (1_234.5).toLocaleString();
    for (const [value, text] of [
      [0.0018, '$0.0018'],
      [0.0018, '0.0018'],
      [1_234.5, thousand],
      [1_234.5, `$ ${thousand}`],
      [1_000, (1_000).toLocaleString()],
      [-3, '-3'],
    ] as const) {
      assert.equal(fits(value, { op: 'is', value: text }), true, text);
      assert.equal(fits(value, { op: 'atLeast', value: text }), true, text);
      assert.equal(fits(value, { op: 'more', value: text }), false, text);
    }
  });

  it('fits nothing where the text is no number', () => {
    for (const text of ['', '$', 'ninety', '1-2', '2024-05-01']) {
      assert.equal(fits(0, { op: 'is', value: text }), false, text);
      assert.equal(fits(0, { op: 'atLeast', value: text }), false, text);
    }
  });
});
