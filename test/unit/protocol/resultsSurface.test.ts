import assert from 'node:assert/strict';
import { parseSourceAsked } from '../../../src/protocol/resultsSurface.ts';

describe('What a page of results asks of a source', () => {
  it('is a row, and a citation, a page and a place that are whole numbers from 0', () => {
    const nothing = { citation: undefined, page: undefined, from: undefined };
    assert.deepEqual(parseSourceAsked({ row: 1 }), { row: 1, ...nothing });
    const all = { row: 1, citation: 0, page: 8, from: 30_000 };
    assert.deepEqual(parseSourceAsked({ ...all, path: '/etc/passwd' }), all);
    for (const wrong of [-1, 1.5, NaN, '2', {}, null])
      for (const name of ['row', 'citation', 'page', 'from'])
        assert.throws(
          () => parseSourceAsked({ ...all, [name]: wrong }),
          TypeError,
          `${name} ${JSON.stringify(wrong)}`,
        );
  });
});
