import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fromRanges } from '../../../src/core/rowRanges.ts';
import { decodeEvent } from '../../../src/state/codec.ts';
import { World, type WorldOptions } from '../../support/engine.ts';

/** Drives a run, and asserts of every moment of its journal that no two open creations are equally large. */
async function drive(options: WorldOptions): Promise<World> {
  const world = await World.make({ ...options, provider: { findsBySize: true, ...options.provider } });
  const status = await world.run();
  assert.equal(status.state, 'finished', status.reason);
  const journal = await readFile(path.join(world.stateDir, 'runs', world.runId, 'journal.jsonl'), 'utf8');
  const open = new Map<string, number>();
  let most = 0;
  for (const [i, line] of journal.trimEnd().split('\n').entries()) {
    const { event } = decodeEvent(line, i + 1, () => '');
    if (event.e === 'batchIntended') {
      const rows = fromRanges(event.rows).length;
      assert.ok(![...open.values()].includes(rows), `two batches of ${String(rows)} rows are open`);
      open.set(event.nonce, rows);
      most = Math.max(most, open.size);
    } else if (event.e === 'batchAccepted' || event.e === 'batchRejected') open.delete(event.nonce);
  }
  assert.ok(most > 1, 'several creations were open at a time');
  return world;
}

describe('Creations that are told apart by their size', () => {
  it('never have equally many rows while nobody knows whether they arrived (P2)', async () => {
    const world = await drive({
      rows: 60,
      settings: { jobsPerBatch: 10 },
      service: { faults: { lostReply: [1, 2, 3], listLagMs: 2 * 60_000 } },
    });
    await world.remove();
  });

  it('do not get equally many by rows that cannot be sent after all', async () => {
    let planned = false;
    const world = await drive({
      rows: 40,
      settings: { jobsPerBatch: 10 },
      service: { faults: { lostReply: [1, 2, 3], listLagMs: 2 * 60_000 } },
      // Of the first nine rows one is gone when it is to be sent, so that batches shrink while they are encoded.
      prompt: (ordinal) => (planned && ordinal % 9 === 1 ? undefined : `Prompt ${String(ordinal)}`),
      provider: {
        countTokens: () => {
          planned = true;
          return 5;
        },
      },
    });
    await world.remove();
  });
});
