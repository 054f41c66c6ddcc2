import assert from 'node:assert/strict';
import type { RowResult } from '../../../src/core/provider.ts';
import type { MockServiceOptions } from '../../../src/providers/mock/mockOptions.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import {
  createOf,
  NEVER,
  questionJob,
  questions,
  readAll,
  withCode,
} from '../../support/mockService/pretendBatch.ts';

interface Ended {
  readonly clock: FakeClock;
  readonly service: MockService;
  readonly provider: MockProvider;
  readonly batchId: string;
}

async function ended(options: MockServiceOptions, jobs = questions(10)): Promise<Ended> {
  const clock = new FakeClock();
  const service = new MockService(options, clock);
  const provider = new MockProvider({ transport: inProcess(service) });
  const batchId = await createOf(provider, 'aaaaaaaa', jobs);
  await clock.advance(1000);
  return { clock, service, provider, batchId };
}

async function resultsOf(options: MockServiceOptions, jobs = questions(10)): Promise<RowResult[]> {
  const { provider, batchId } = await ended(options, jobs);
  return readAll(provider, batchId);
}

const ids = (results: readonly RowResult[]): unknown[] => results.map((result) => result.customId);
const IN_ORDER = Array.from({ length: 10 }, (_, index) => `aaaaaaaa-${String(index)}`);

describe('Results of the mock service', () => {
  it('have one good line a row by default', async () => {
    const results = await resultsOf({});
    assert.deepEqual(ids(results), IN_ORDER);
    const [first] = results;
    assert.equal(first?.outcome, 'ok');
    assert.match(first.response ?? '', /^Answer [0-9a-f]{12} to: question 0$/);
    assert.deepEqual(first.usage, { input: 3, output: 9 });
  });

  it('give a row the same answer in whatever batch, place and attempt it comes', async () => {
    const { clock, provider, batchId } = await ended({});
    const second = await createOf(provider, 'bbbbbbbb', questions(10).slice(3, 5).reverse(), { first: 3 });
    await clock.advance(1000);
    const [four, three] = await readAll(provider, second);
    const first = await readAll(provider, batchId);
    assert.equal(three?.response, first[3]?.response);
    assert.equal(four?.response, first[4]?.response);
  });

  it('end as the script says, attempt by attempt, the last one repeating', async () => {
    const { clock, provider, service, batchId } = await ended({
      outcomes: { rows: { 0: ['transient', 'truncated', 'ok'], 1: ['refused'] } },
    });
    const outcomes: unknown[] = [(await readAll(provider, batchId)).slice(0, 3).map((r) => r.outcome)];
    for (const nonce of ['bbbbbbbb', 'cccccccc', 'dddddddd']) {
      const next = await createOf(provider, nonce, questions(3));
      await clock.advance(1000);
      outcomes.push((await readAll(provider, next)).map((result) => result.outcome));
    }
    assert.deepEqual(outcomes, [
      ['transient', 'refused', 'ok'],
      ['truncated', 'refused', 'ok'],
      ['ok', 'refused', 'ok'],
      ['ok', 'refused', 'ok'],
    ]);
    assert.equal(service.ledger().batches[0]?.rows[0]?.billedNanoUsd, 0, 'a transient failure is free');
  });

  it('bill what was answered and nothing else, and say what was wrong', async () => {
    const script = [
      'ok',
      'truncated',
      'refused',
      'invalid',
      'transient',
      'permanent',
      'expired',
      'cancelled',
    ] as const;
    const rows = Object.fromEntries(script.map((outcome, ordinal) => [ordinal, [outcome]]));
    const results = await resultsOf({ outcomes: { rows } }, questions(script.length));
    assert.deepEqual(
      results.map((result) => [result.outcome, result.usage?.output, result.stopReason, result.error?.code]),
      [
        ['ok', 9, 'end', undefined],
        ['truncated', 100, 'maxTokens', undefined],
        ['refused', 1, 'refusal', undefined],
        ['invalid', 9, 'end', undefined],
        ['transient', undefined, undefined, 'transient'],
        ['permanent', undefined, undefined, 'permanent'],
        ['expired', undefined, undefined, 'expired'],
        ['cancelled', undefined, undefined, undefined],
      ],
    );
  });

  it('draw outcomes by share from the seed, the same every time, and only for the first attempts', async () => {
    const options = { seed: 7, outcomes: { shares: { transient: 0.3, truncated: 0.2 }, shareAttempts: 1 } };
    const { clock, provider, batchId } = await ended(options, questions(500));
    const first = await readAll(provider, batchId);
    const count = (outcome: string): number => first.filter((result) => result.outcome === outcome).length;
    assert.ok(count('transient') > 110 && count('transient') < 190, String(count('transient')));
    assert.ok(count('truncated') > 60 && count('truncated') < 140, String(count('truncated')));
    assert.deepEqual(first, await resultsOf(options, questions(500)));
    const again = await createOf(provider, 'bbbbbbbb', questions(500));
    await clock.advance(1000);
    assert.ok((await readAll(provider, again)).every((result) => result.outcome === 'ok'));
  });

  it('answer a schema with JSON that fits, already parsed', async () => {
    const responseSchema = {
      type: 'object',
      properties: {
        total: { type: 'number' },
        kind: { enum: ['invoice', 'letter'] },
        tags: { type: 'array', items: { type: 'string' } },
        paid: { type: 'boolean' },
      },
      required: ['total'],
    };
    const [result] = await resultsOf({}, [questionJob(0, { responseSchema })]);
    const parsed = result?.parsedResponse as Record<string, unknown>;
    assert.equal(typeof parsed['total'], 'number');
    assert.equal(parsed['kind'], 'invoice');
    assert.deepEqual(JSON.parse(result?.response ?? ''), parsed);
  });

  it('call an answer invalid that should be JSON and is not', async () => {
    const jobs = [questionJob(0, { responseSchema: { type: 'object' } }), questionJob(1)];
    const results = await resultsOf({ answer: () => 'plain words' }, jobs);
    assert.deepEqual(
      results.map((result) => result.outcome),
      ['invalid', 'ok'],
    );
  });

  it('cite the file where citations are asked for', async () => {
    const file = { path: 'docs/a.txt', bytes: Buffer.from('First line.\nSecond line.') };
    const [result] = await resultsOf({}, [questionJob(0, { file, enableCitations: true })]);
    assert.deepEqual(result?.citations, [
      { file: 'docs/a.txt', citedText: 'First line.', charRange: [0, 11], verified: true },
    ]);
  });

  it('drop rows, which are billed all the same', async () => {
    const { provider, service, batchId } = await ended({ faults: { droppedRows: 2 } });
    assert.deepEqual(ids(await readAll(provider, batchId)), IN_ORDER.slice(2));
    assert.equal((await provider.getBatch(batchId, NEVER)).expectedLines, 8);
    const rows = service.ledger().batches[0]?.rows ?? [];
    assert.ok(rows.every((row) => row.billedNanoUsd > 0));
    assert.deepEqual(
      rows.slice(0, 3).map((row) => row.delivered),
      [false, false, true],
    );
  });

  it('drop rows in their first attempts only, or by share, or as a function says', async () => {
    const { clock, provider, batchId } = await ended({
      faults: { droppedRows: { ordinals: [4], attempts: 1 } },
    });
    assert.equal((await readAll(provider, batchId)).length, 9);
    const again = await createOf(provider, 'bbbbbbbb', [questionJob(4)], { first: 4 });
    await clock.advance(1000);
    assert.equal((await readAll(provider, again)).length, 1);
    const byShare = await resultsOf({ faults: { droppedRows: { share: 0.5 } } }, questions(400));
    assert.ok(byShare.length > 150 && byShare.length < 250, String(byShare.length));
    const byFunction = await resultsOf({ faults: { droppedRows: (row) => row.ordinal % 2 === 1 } });
    assert.equal(byFunction.length, 5);
  });

  it('duplicate rows', async () => {
    const { provider, batchId } = await ended({ faults: { duplicatedRows: [3] } });
    assert.deepEqual(ids(await readAll(provider, batchId)), IN_ORDER.toSpliced(3, 0, 'aaaaaaaa-3'));
    assert.equal((await provider.getBatch(batchId, NEVER)).expectedLines, 11);
  });

  it('come in another order, the same every time', async () => {
    const { provider, batchId } = await ended({ faults: { shuffled: true } });
    const order = ids(await readAll(provider, batchId));
    assert.notDeepEqual(order, IN_ORDER);
    assert.deepEqual(order.toSorted(), IN_ORDER);
    assert.deepEqual(ids(await readAll(provider, batchId)), order);
  });

  it('have lines that nobody asked for', async () => {
    const results = await resultsOf({ faults: { inventedRows: 2 } });
    assert.deepEqual(ids(results), [...IN_ORDER, 'aaaaaaaa-invented0', 'aaaaaaaa-invented1']);
  });

  it('have lines without a custom id', async () => {
    const results = await resultsOf({ faults: { rowsWithoutId: 1 } });
    assert.deepEqual(ids(results), [undefined, ...IN_ORDER.slice(1)]);
  });

  it('disagree with the count that the service states', async () => {
    const { provider, batchId } = await ended({ faults: { countsOffBy: 3 } });
    assert.equal((await provider.getBatch(batchId, NEVER)).expectedLines, 13);
    assert.equal((await readAll(provider, batchId)).length, 10);
  });

  it('cost more than any estimate, or do not say what they cost', async () => {
    const faults = { overspend: [0], missingUsage: [1] };
    const { provider, service, batchId } = await ended({ faults });
    const [first, second, third] = await readAll(provider, batchId);
    assert.deepEqual(first?.usage, { input: 30, output: 90 });
    assert.equal(second?.usage, undefined);
    const rows = service.ledger().batches[0]?.rows ?? [];
    assert.equal(rows[0]?.billedNanoUsd, 10 * (rows[2]?.billedNanoUsd ?? 0));
    assert.equal(
      rows[1]?.billedNanoUsd,
      rows[2]?.billedNanoUsd,
      'an unreported usage is billed all the same',
    );
    assert.ok(third?.usage);
  });

  it('break in the middle, as often as told, and come whole after that', async () => {
    const { provider, service, batchId } = await ended({ faults: { brokenDownloads: 2 } });
    for (let i = 0; i < 2; i++) {
      const seen: RowResult[] = [];
      await assert.rejects(async () => {
        for await (const result of provider.results(batchId, NEVER)) seen.push(result);
      }, withCode('truncatedDownload'));
      assert.ok(seen.length > 0 && seen.length < 10);
    }
    assert.equal(service.ledger().batches[0]?.readOrder, undefined);
    assert.equal((await readAll(provider, batchId)).length, 10);
    assert.notEqual(service.ledger().batches[0]?.readOrder, undefined);
  });

  it('end without an error in the middle of a line, which is a truncated download', async () => {
    const { provider, batchId } = await ended({ faults: { cutDownloads: 1 } });
    await assert.rejects(readAll(provider, batchId), withCode('truncatedDownload'));
    assert.equal((await readAll(provider, batchId)).length, 10);
  });

  it('end without an error after half of the lines, which only the stated count betrays', async () => {
    const { provider, batchId } = await ended({ faults: { shortDownloads: 1 } });
    assert.ok((await readAll(provider, batchId)).length < 10);
    assert.equal((await readAll(provider, batchId)).length, 10);
  });

  it('stop when the signal aborts', async () => {
    const { provider, batchId } = await ended({});
    const results = provider.results(batchId, AbortSignal.abort());
    await assert.rejects(async () => {
      for await (const result of results) assert.fail(result.outcome);
    }, withCode('truncatedDownload'));
  });
});
