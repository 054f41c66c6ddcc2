import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ContentDigest } from '../../../src/core/contentDigest.ts';
import { World } from '../../support/engine.ts';
import { withProvider } from './scenario.ts';

function digestOf(lines: readonly string[]): string {
  const digest = new ContentDigest();
  for (const line of lines) digest.add(line);
  return digest.value;
}

describe('A digest of result lines', () => {
  it('is the same in every order, and another one for anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), fc.string(), (lines, seed, other) => {
        const shuffled = lines.toSorted(
          (a, b) => ((a.length * 31 + seed) % 7) - ((b.length * 31 + seed) % 7),
        );
        assert.equal(digestOf(shuffled.toReversed()), digestOf(lines));
        assert.notEqual(digestOf([...lines, other]), digestOf(lines));
        assert.notEqual(digestOf([...lines, other, other]), digestOf([...lines, other]));
        if (other !== lines[0]) assert.notEqual(digestOf([other, ...lines.slice(1)]), digestOf(lines));
      }),
    );
  });

  it('ends the reading of a batch that lacks a row and is shuffled anew at every download', async () => {
    const world = await World.make({ rows: 20, service: { faults: { droppedRows: [3] } } });
    let downloads = 0;
    const registry = withProvider(world, (provider) => ({
      results: async function* (batchId, signal) {
        const lines = await Array.fromAsync(provider.results(batchId, signal));
        downloads += 1;
        yield* downloads % 2 === 0 ? lines : lines.toReversed();
      },
    }));
    const status = await world.run(registry);
    assert.deepEqual([status.counts.ok, status.counts.error], [19, 1], JSON.stringify(status.counts));
    // Two readings for each of its three attempts.
    assert.equal(downloads, 6);
    await world.remove();
  });
});
