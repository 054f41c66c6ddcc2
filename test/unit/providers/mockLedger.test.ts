import assert from 'node:assert/strict';
import { costNanoUsd } from '../../../src/core/modelConfig.ts';
import { mockModel } from '../../../src/providers/mock/mockModels.ts';
import type { MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
  billedNanoUsd,
  rowVisits,
} from '../../support/mockService/ledger.ts';
import { createOf, questions, readAll } from '../../support/mockService/pretendBatch.ts';

function setUp(options: MockServiceOptions = {}): {
  clock: FakeClock;
  service: MockService;
  provider: MockProvider;
} {
  const clock = new FakeClock();
  const service = new MockService(options, clock);
  return { clock, service, provider: new MockProvider({ transport: inProcess(service) }) };
}

describe('The ledger of the mock service', () => {
  it('says for each row in which batches it was, when each was live, and what was billed', async () => {
    const { clock, service, provider } = setUp({ outcomes: { rows: { 0: ['transient', 'ok'] } } });
    await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(5000);
    await createOf(provider, 'bbbbbbbb', questions(1));
    await clock.advance(500);
    const visits = rowVisits(service.ledger()).get(0) ?? [];
    assert.deepEqual(
      visits.map(({ batch, row }) => [
        batch.batchId,
        batch.liveFrom,
        batch.liveUntil,
        row.customId,
        row.outcome,
        row.billed,
      ]),
      [
        ['mockbatch-1', 0, 1000, 'aaaaaaaa-0', 'transient', undefined],
        ['mockbatch-2', 5000, undefined, 'bbbbbbbb-0', undefined, undefined],
      ],
    );
  });

  it('bills the price of the usage, and nothing before a row is done', async () => {
    const { clock, service, provider } = setUp();
    await createOf(provider, 'aaaaaaaa', questions(10));
    assert.equal(billedNanoUsd(service.ledger()), 0);
    await clock.advance(500);
    const model = mockModel('mock-small');
    assert.ok(model);
    const each = costNanoUsd(model, { input: 3, output: 9 }, clock.now());
    assert.equal(each, 24_000);
    assert.equal(billedNanoUsd(service.ledger()), 5 * each);
    await clock.advance(500);
    assert.equal(service.ledger().billedNanoUsd, 10 * each);
  });

  it('passes a row that was sent again after its batch had ended and was read', async () => {
    const { clock, service, provider } = setUp({ outcomes: { rows: { 0: ['transient', 'ok'] } } });
    const batchId = await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(1000);
    await readAll(provider, batchId);
    await createOf(provider, 'bbbbbbbb', questions(1));
    await clock.advance(1000);
    assertNoRowInTwoLiveBatches(service.ledger());
    assertReadBeforeResent(service.ledger());
    assertBilledOnce(service.ledger());
  });

  it('catches a row in two live batches', async () => {
    const { clock, service, provider } = setUp();
    await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(999);
    await createOf(provider, 'bbbbbbbb', questions(1));
    await clock.advance(1000);
    assert.throws(() => {
      assertNoRowInTwoLiveBatches(service.ledger());
    }, /Row 0 was sent in mockbatch-2 while mockbatch-1 was live/);
    assertNoRowInTwoLiveBatches(service.ledger(), { nonces: new Set(['bbbbbbbb']) });
  });

  it('catches a row that was sent again before its results were read, or read whole', async () => {
    const { clock, service, provider } = setUp({ faults: { shortDownloads: 1 } });
    const batchId = await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(1000);
    await readAll(provider, batchId);
    await createOf(provider, 'bbbbbbbb', questions(1));
    await readAll(provider, batchId);
    assert.throws(() => {
      assertReadBeforeResent(service.ledger());
    }, /before the results of mockbatch-1 were read/);
  });

  it('catches a row that was paid for twice', async () => {
    const { clock, service, provider } = setUp();
    await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(1000);
    await createOf(provider, 'bbbbbbbb', questions(1));
    await clock.advance(1000);
    for (const allowRetries of [false, true]) {
      assert.throws(() => {
        assertBilledOnce(service.ledger(), { allowRetries });
      }, /Row 0 was paid for in mockbatch-1 and mockbatch-2/);
    }
  });

  it('can allow a paid retry of what could not be used', async () => {
    const { clock, service, provider } = setUp({
      outcomes: { rows: { 0: ['truncated', 'ok'] } },
      faults: { droppedRows: { ordinals: [1], attempts: 1 } },
    });
    await createOf(provider, 'aaaaaaaa', questions(2));
    await clock.advance(1000);
    await createOf(provider, 'bbbbbbbb', questions(2));
    await clock.advance(1000);
    assertBilledOnce(service.ledger(), { allowRetries: true });
    assert.throws(() => {
      assertBilledOnce(service.ledger());
    });
  });
});
