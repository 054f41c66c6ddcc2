import assert from 'node:assert/strict';
import type { MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { createOf, NEVER, questions, readAll, withCode } from '../../support/mockService/pretendBatch.ts';

async function running(
  options: MockServiceOptions,
  rows = 10,
): Promise<{ clock: FakeClock; service: MockService; provider: MockProvider; batchId: string }> {
  const clock = new FakeClock();
  const service = new MockService(options, clock);
  const provider = new MockProvider({ transport: inProcess(service) });
  return { clock, service, provider, batchId: await createOf(provider, 'aaaaaaaa', questions(rows)) };
}

describe('The life of a batch at the mock service', () => {
  it('goes from validating over running to ended, row by row, and states its lines at the end', async () => {
    const { clock, provider, batchId } = await running({ validatingMs: 100, runningMs: 1000 });
    const seen: unknown[] = [];
    for (const wait of [0, 100, 500, 500]) {
      await clock.advance(wait);
      const { state, completed, expectedLines } = await provider.getBatch(batchId, NEVER);
      seen.push([state, completed, expectedLines]);
    }
    assert.deepEqual(seen, [
      ['validating', 0, undefined],
      ['running', 0, undefined],
      ['running', 5, undefined],
      ['ended', 10, 10],
    ]);
  });

  it('does not notice that somebody sets the wall clock', async () => {
    const { clock, provider, batchId } = await running({ runningMs: 1000 });
    clock.jumpWallClock(8 * 3_600_000);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'running');
  });

  it('takes the duration of each batch from a list', async () => {
    const { clock, provider, batchId } = await running({ runningMs: [10, 20] });
    const second = await createOf(provider, 'bbbbbbbb', questions(1));
    await clock.advance(10);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'ended');
    assert.equal((await provider.getBatch(second, NEVER)).state, 'running');
  });

  it('gives no results while the batch is live', async () => {
    const { provider, batchId } = await running({});
    await assert.rejects(readAll(provider, batchId), withCode('invalidRequest'));
  });

  it('expires after its window with the rows that it had time for', async () => {
    const { clock, provider, service, batchId } = await running({ runningMs: 10_000, expiresAfterMs: 1000 });
    await clock.advance(1000);
    const snapshot = await provider.getBatch(batchId, NEVER);
    assert.deepEqual([snapshot.state, snapshot.completed, snapshot.expectedLines], ['expired', 1, 10]);
    const outcomes = (await readAll(provider, batchId)).map((result) => result.outcome);
    assert.deepEqual(outcomes, ['ok', ...Array<string>(9).fill('expired')]);
    assert.equal(service.ledger().batches[0]?.rows.filter((row) => row.billedNanoUsd > 0).length, 1);
  });

  it('cancels slowly, keeps what was done, and bills that', async () => {
    const { clock, provider, service, batchId } = await running({ runningMs: 1000, cancelMs: 600_000 }, 2000);
    await clock.advance(71);
    await provider.cancelBatch(batchId);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'cancelling');
    await clock.advance(599_999);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'cancelling');
    await clock.advance(1);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'cancelled');
    const results = await readAll(provider, batchId);
    assert.equal(results.filter((result) => result.outcome === 'ok').length, 142);
    assert.equal(results.filter((result) => result.outcome === 'cancelled').length, 1858);
    assert.equal(service.ledger().batches[0]?.rows.filter((row) => row.billed !== undefined).length, 142);
  });

  it('accepts a cancel that changes nothing', async () => {
    const { clock, provider, batchId } = await running({ faults: { cancelIgnored: 1 } });
    await provider.cancelBatch(batchId);
    await clock.advance(1000);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'ended');
  });

  it('leaves an ended batch as it is when it is cancelled', async () => {
    const { clock, provider, batchId } = await running({});
    await clock.advance(1000);
    await provider.cancelBatch(batchId);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'ended');
  });

  it('ends each batch as told: expired, cancelled by somebody else, failed', async () => {
    const { clock, provider, batchId } = await running({
      endings: [
        { state: 'expired', completed: 1 },
        { state: 'cancelled' },
        { state: 'failed', failure: 'rejected' },
      ],
    });
    const second = await createOf(provider, 'bbbbbbbb', questions(10));
    const third = await createOf(provider, 'cccccccc', questions(10));
    await clock.advance(1000);
    const snapshots = await Promise.all([batchId, second, third].map((id) => provider.getBatch(id, NEVER)));
    assert.deepEqual(
      snapshots.map(({ state, completed, expectedLines, failure }) => [
        state,
        completed,
        expectedLines,
        failure?.code,
      ]),
      [
        ['expired', 1, 10, undefined],
        ['cancelled', 5, 10, undefined],
        ['failed', 0, 0, 'rejected'],
      ],
    );
    assert.deepEqual(await readAll(provider, third), []);
  });

  it('can leave out the rows that were not reached', async () => {
    const { clock, provider, batchId } = await running({
      endings: [{ state: 'expired', completed: 3 }],
      linesForUnfinished: false,
      unreportedIsFree: false,
      statesLines: false,
    });
    await clock.advance(1000);
    const snapshot = await provider.getBatch(batchId, NEVER);
    assert.equal(snapshot.unreportedIsFree, false);
    assert.equal(snapshot.expectedLines, undefined);
    assert.equal((await readAll(provider, batchId)).length, 3);
  });

  it('breaks polls as often as told, which says nothing about the batch', async () => {
    const { clock, provider, batchId } = await running({ faults: { pollBroken: 2, pollUnavailable: 1 } });
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('network'));
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('network'));
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('unavailable'));
    await clock.advance(1000);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'ended');
  });

  it('reports a state word that nobody knows as unknown, with the word', async () => {
    const { provider, batchId } = await running({ faults: { unknownState: 1 } });
    const { state, rawState } = await provider.getBatch(batchId, NEVER);
    assert.deepEqual([state, rawState], ['unknown', 'pondering']);
    assert.equal((await provider.getBatch(batchId, NEVER)).state, 'running');
  });

  it('breaks the list as often as told', async () => {
    const { provider } = await running({ faults: { listBroken: 1 } });
    const about = { nonce: 'aaaaaaaa', model: 'mock-small', rows: 10 };
    const intent = { ...about, intendedAt: 0, endedAt: Infinity, except: new Set<string>() };
    await assert.rejects(provider.findBatches(intent), withCode('network'));
    assert.equal((await provider.findBatches(intent)).candidates.length, 1);
  });

  it('forgets a deleted batch, but not in its ledger', async () => {
    const { clock, provider, service, batchId } = await running({});
    await assert.rejects(provider.deleteArtifacts(batchId), withCode('invalidRequest'));
    await clock.advance(1000);
    await provider.deleteArtifacts(batchId);
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('notFound'));
    await assert.rejects(readAll(provider, batchId), withCode('notFound'));
    assert.equal(service.ledger().batches[0]?.deleted, true);
    assert.ok(service.ledger().billedNanoUsd > 0);
  });
});
