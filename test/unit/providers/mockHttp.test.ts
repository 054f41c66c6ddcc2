import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { BatchSnapshot } from '../../../src/core/provider.ts';
import { overHttp } from '../../../src/providers/mock/httpTransport.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  billedNanoUsd,
} from '../../support/mockService/ledger.ts';
import {
  createOf,
  NEVER,
  questionJob,
  questions,
  readAll,
  withCode,
} from '../../support/mockService/pretendBatch.ts';
import { startMockService, type RunningMockService } from '../../support/mockService/startMockService.ts';

const FAST = { runningMs: 20 };

describe('The mock service in its own process', () => {
  let service: RunningMockService;
  let provider: MockProvider;

  beforeEach(async () => {
    service = await startMockService(FAST);
    provider = new MockProvider({ transport: overHttp(service.url) });
  });
  afterEach(() => service.stop());

  async function terminal(batchId: string): Promise<BatchSnapshot> {
    for (;;) {
      const snapshot = await provider.getBatch(batchId, NEVER);
      if (snapshot.state === 'ended' || snapshot.state === 'cancelled') return snapshot;
      await wait(5);
    }
  }

  it('answers 300 rows in five batches, as the service in this process would', async () => {
    const jobs = questions(300);
    const batchIds = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((letter, k) =>
        createOf(provider, letter.repeat(8), jobs.slice(60 * k, 60 * k + 60), { first: 60 * k }),
      ),
    );
    const results = await Promise.all(
      batchIds.map(async (batchId) => {
        assert.equal((await terminal(batchId)).expectedLines, 60);
        return readAll(provider, batchId);
      }),
    );
    const ledger = await service.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertBilledOnce(ledger);
    assert.ok(billedNanoUsd(ledger) > 0);

    const clock = new FakeClock();
    const local = new MockProvider({ transport: inProcess(new MockService({}, clock)) });
    const localId = await createOf(local, 'aaaaaaaa', jobs);
    await clock.advance(1000);
    assert.deepEqual(
      results
        .flat()
        .map((result) => result.response)
        .toSorted(),
      (await readAll(local, localId)).map((result) => result.response).toSorted(),
    );
  });

  it('commits and breaks the connection before the reply', async () => {
    await service.configure({ faults: { lostReply: 1 } });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(2)), withCode('ambiguous'));
    const at = Date.now();
    const intent = { model: 'mock-small', rows: 2, intendedAt: at, endedAt: at, except: new Set<string>() };
    const { candidates } = await provider.findBatches({ nonce: 'aaaaaaaa', ...intent });
    assert.equal(candidates[0]?.certain, true);
    assert.equal((await service.ledger()).batches.length, 1);
  });

  it('breaks the connection and commits nothing', async () => {
    await service.configure({ faults: { lostRequest: 1 } });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(2)), withCode('ambiguous'));
    assert.equal((await service.ledger()).batches.length, 0);
  });

  it('creates nothing for a client that died before its last byte', async () => {
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      'POST /batches?nonce=aaaaaaaa&model=mock-small HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n',
    );
    socket.write(await provider.encodeRow(questionJob(0), 'aaaaaaaa-0'));
    await wait(50);
    socket.destroy();
    await wait(50);
    assert.equal((await service.ledger()).batches.length, 0);
  });

  it('refuses with a status and a time to wait', async () => {
    await service.configure({ faults: { queueFull: 1, auth: [2] } });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1)), {
      code: 'queueFull',
      retryAfterMs: 2000,
    });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1)), withCode('auth'));
    await assert.rejects(provider.getBatch('mockbatch-9', NEVER), withCode('notFound'));
  });

  it('breaks a download in the middle of its body', async () => {
    await service.configure({ faults: { brokenDownloads: 1, cutDownloads: 1 } });
    const long = questions(40).map((job, i) =>
      questionJob(i, { prompt: `${job.prompt ?? ''} ${'ä€😀'.repeat(300)}` }),
    );
    const batchId = await createOf(provider, 'aaaaaaaa', long);
    await terminal(batchId);
    await assert.rejects(readAll(provider, batchId), withCode('truncatedDownload'));
    await assert.rejects(readAll(provider, batchId), withCode('truncatedDownload'));
    const results = await readAll(provider, batchId);
    assert.equal(results.length, 40);
    assert.match(results[0]?.response ?? '', /ä€😀/);
  });

  it('cancels and deletes', async () => {
    await service.configure({ runningMs: 60_000 });
    const batchId = await createOf(provider, 'aaaaaaaa', questions(3));
    await provider.cancelBatch(batchId);
    assert.equal((await terminal(batchId)).state, 'cancelled');
    await provider.deleteArtifacts(batchId);
    await assert.rejects(provider.getBatch(batchId, NEVER), withCode('notFound'));
  });

  it('is ambiguous for a client that gives up before the reply', async () => {
    await service.configure({ replyMs: 60_000 });
    const giveUp = { signal: AbortSignal.timeout(100) };
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1), giveUp), withCode('ambiguous'));
    assert.equal((await service.ledger()).batches.length, 1);
  });
});

describe('A mock service that is not there', () => {
  it('cannot have created a batch', async () => {
    const service = await startMockService(FAST);
    await service.stop();
    const provider = new MockProvider({ transport: overHttp(service.url) });
    await assert.rejects(createOf(provider, 'aaaaaaaa', questions(1)), withCode('network'));
  });
});
