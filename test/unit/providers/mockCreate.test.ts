import assert from 'node:assert/strict';
import { isBatchbookError } from '../../../src/core/errors.ts';
import type { ProviderErrorCode } from '../../../src/core/errors.ts';
import type { MockFaults, MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { createOf, NEVER, questionJob, questions, withCode } from '../../support/mockService/pretendBatch.ts';

function setUp(options: MockServiceOptions = {}): {
  clock: FakeClock;
  service: MockService;
  provider: MockProvider;
} {
  const clock = new FakeClock();
  const service = new MockService(options, clock);
  return { clock, service, provider: new MockProvider({ transport: inProcess(service) }) };
}

const INTENT = {
  nonce: 'aaaaaaaa',
  model: 'mock-small',
  rows: 3,
  intendedAt: 0,
  endedAt: Infinity,
  except: new Set<string>(),
};

describe('Creating a batch at the mock service', () => {
  it('commits the batch, which is then found by its nonce beyond doubt', async () => {
    const { provider, clock } = setUp();
    const batchId = await createOf(provider, 'aaaaaaaa', questions(3));
    assert.deepEqual(await provider.findBatches(INTENT), {
      candidates: [{ batchId, certain: true, createdAt: clock.now(), rows: 3, state: 'running' }],
      ruledOut: [],
    });
    const other = { ...INTENT, nonce: 'bbbbbbbb' };
    assert.deepEqual(await provider.findBatches(other), { candidates: [], ruledOut: [] });
  });

  it('makes two batches of the same body, since no service knows idempotency', async () => {
    const { provider } = setUp();
    await createOf(provider, 'aaaaaaaa', questions(3));
    await createOf(provider, 'aaaaaaaa', questions(3));
    assert.equal((await provider.findBatches(INTENT)).candidates.length, 2);
  });

  const refusals: readonly [keyof MockFaults, ProviderErrorCode][] = [
    ['auth', 'auth'],
    ['invalidRequest', 'invalidRequest'],
    ['rateLimit', 'rateLimit'],
    ['queueFull', 'queueFull'],
    ['unavailable', 'ambiguous'],
    ['lostRequest', 'ambiguous'],
  ];
  for (const [fault, code] of refusals) {
    it(`commits nothing under the fault ${fault} and reports ${code}, as often as told`, async () => {
      const { provider, service } = setUp({ faults: { [fault]: 2 } });
      await assert.rejects(createOf(provider, 'aaaaaaaa', questions(3)), withCode(code));
      await assert.rejects(createOf(provider, 'aaaaaaaa', questions(3)), withCode(code));
      assert.equal(service.ledger().batches.length, 0);
      await createOf(provider, 'aaaaaaaa', questions(3));
      assert.equal(service.ledger().batches.length, 1);
    });
  }

  it('says how long to wait with a 429', async () => {
    const { provider } = setUp({ faults: { rateLimit: 1 } });
    await assert.rejects(
      createOf(provider, 'aaaaaaaa', questions(1)),
      (error) => isBatchbookError(error) && 'retryAfterMs' in error && error.retryAfterMs === 2000,
    );
  });

  it('commits and then loses the reply, which is ambiguous and can be found', async () => {
    const { provider } = setUp({ faults: { lostReply: [2] } });
    await createOf(provider, 'bbbbbbbb', questions(3));
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(3)), withCode('ambiguous'));
    assert.equal((await provider.findBatches(INTENT)).candidates.length, 1);
  });

  it('shows a committed batch only after the list has caught up', async () => {
    const { provider, clock } = setUp({ faults: { lostReply: 1, listLagMs: 60_000 } });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(3)), withCode('ambiguous'));
    assert.deepEqual((await provider.findBatches(INTENT)).candidates, []);
    await clock.advance(60_000);
    assert.equal((await provider.findBatches(INTENT)).candidates.length, 1);
  });

  it('accepts a batch and fails it at once for want of room, without having made an attempt', async () => {
    const { provider, service, clock } = setUp({ faults: { acceptedThenQueueFull: 1 } });
    const batchId = await createOf(provider, 'aaaaaaaa', questions(3));
    const snapshot = await provider.getBatch(batchId, NEVER);
    assert.equal(snapshot.state, 'failed');
    assert.equal(snapshot.failure?.code, 'queueFull');
    assert.equal(snapshot.expectedLines, 0);
    await createOf(provider, 'bbbbbbbb', questions(3));
    await clock.advance(1000);
    assert.deepEqual(
      service.ledger().batches.map((batch) => [batch.queueFull, batch.rows[0]?.attempt]),
      [
        [true, 1],
        [false, 1],
      ],
    );
  });

  it('consults its faults in order, so that one create meets one fault', async () => {
    const { provider } = setUp({ faults: { queueFull: 1, lostReply: 1 } });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1)), withCode('queueFull'));
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1)), withCode('ambiguous'));
    await createOf(provider, 'bbbbbbbb', questions(1));
  });

  it('counts calls anew for a fault that is set later', async () => {
    const { provider, service } = setUp();
    await createOf(provider, 'aaaaaaaa', questions(1));
    service.configure({ faults: { lostRequest: 1 } });
    await assert.rejects(createOf(provider, 'bbbbbbbb', questions(1)), withCode('ambiguous'));
  });

  it('hits the calls that a function names', async () => {
    const { provider } = setUp({ faults: { auth: (call) => call % 2 === 0 } });
    await createOf(provider, 'aaaaaaaa', questions(1));
    await assert.rejects(createOf(provider, 'bbbbbbbb', questions(1)), withCode('auth'));
    await createOf(provider, 'cccccccc', questions(1));
  });

  it('sends nothing when the signal is aborted already', async () => {
    const { provider, service } = setUp();
    const options = { signal: AbortSignal.abort() };
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1), options), withCode('network'));
    assert.equal(service.ledger().batches.length, 0);
  });

  it('is ambiguous when the signal aborts between commit and reply', async () => {
    const { provider, service, clock } = setUp({ replyMs: 5000 });
    const controller = new AbortController();
    const creating = createOf(provider, 'aaaaaaaa', questions(1), { signal: controller.signal });
    const failed = assert.rejects(creating, withCode('ambiguous'));
    while (clock.pendingSleeps === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await failed;
    assert.equal(service.ledger().batches.length, 1);
  });

  it('is down for everybody during an outage, and nothing arrives', async () => {
    const { provider, service, clock } = setUp({ faults: { outage: { fromMs: 10, untilMs: 20 } } });
    const batchId = await createOf(provider, 'aaaaaaaa', questions(1));
    await clock.advance(10);
    await assert.rejects(createOf(provider, 'bbbbbbbb', questions(1)), withCode('network'));
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('network'));
    await assert.rejects(provider.findBatches(INTENT), withCode('network'));
    await clock.advance(10);
    await provider.getBatch(batchId, NEVER);
    assert.equal(service.ledger().batches.length, 1);
  });

  const badBodies: readonly [string, string][] = [
    ['is empty', ''],
    ['is not JSON', 'x\n'],
    ['is not a request', '{"customId":"aaaaaaaa-0"}\n'],
    ['has an id of another batch', row('bbbbbbbb-0')],
    ['has an id of a wrong form', row('aaaaaaaa-ä')],
    ['has an id twice', row('aaaaaaaa-0') + row('aaaaaaaa-0')],
    ['mixes models', row('aaaaaaaa-0') + row('aaaaaaaa-1', 'mock-large')],
  ];
  for (const [what, body] of badBodies) {
    it(`refuses a body that ${what}`, () => {
      const { service } = setUp();
      assert.throws(() => service.create(body, 'aaaaaaaa', 'mock-small'), { code: 'invalidRequest' });
    });
  }

  it('refuses a model that it does not have', async () => {
    const { provider } = setUp();
    const jobs = [questionJob(0, { model: 'mock-none' })];
    await assert.rejects(createOf(provider, 'aaaaaaaa', jobs), withCode('invalidRequest'));
  });

  it('reports a payload that cannot be read as not sent', async () => {
    const { provider } = setUp();
    const payload = { path: '/nowhere/payload', bytes: 1, rows: 1, model: 'mock-small' };
    await assert.rejects(
      provider.createBatch(payload, { nonce: 'aaaaaaaa', rows: [[0, 0]], signal: NEVER }),
      withCode('invalidRequest'),
    );
  });
});

function row(customId: string, model = 'mock-small'): string {
  return `${JSON.stringify({ customId, model, maxTokens: 1, messages: [] })}\n`;
}
