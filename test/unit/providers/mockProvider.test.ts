import assert from 'node:assert/strict';
import type { Job } from '../../../src/core/job.ts';
import { worstCostNanoUsd } from '../../../src/core/modelConfig.ts';
import { MOCK_MODELS, mockModel } from '../../../src/providers/mock/mockModels.ts';
import { MockProvider } from '../../../src/providers/mock/mockProvider.ts';
import { MockService } from '../../../src/providers/mock/mockService.ts';
import { inProcess } from '../../../src/providers/mock/mockTransport.ts';
import { FakeClock } from '../../../src/testing/fakeClock.ts';
import { createOf, questionJob } from '../../support/mockService/pretendBatch.ts';

const clock = new FakeClock();
const provider = new MockProvider({ transport: inProcess(new MockService({}, clock)) });

describe('MockProvider', () => {
  it('shows none of its models to people and knows the price of each', () => {
    for (const model of MOCK_MODELS) {
      assert.equal(model.hidden, true);
      assert.match(model.name, /^mock-/);
      assert.ok(
        worstCostNanoUsd(model, { inputTokens: 1000, maxTokens: 1000, cache: false }, clock.now()) > 0,
      );
    }
  });

  it('takes a plain job', () => {
    assert.deepEqual(provider.validateJob(questionJob(0)), []);
  });

  const refused: readonly [string, Partial<Job>, string][] = [
    ['an unknown model', { model: 'mock-none' }, 'model'],
    ['a temperature that the model does not take', { model: 'mock-large', temperature: 0.5 }, 'temperature'],
    ['more answer tokens than there can be', { maxTokens: 8193 }, 'maxTokens'],
    ['a prompt that is too long', { prompt: 'x'.repeat(800_004) }, 'messages'],
    ['a file that is too long', { file: { path: 'a.txt', bytes: new Uint8Array(800_004) } }, 'file'],
  ];
  for (const [what, changes, parameter] of refused) {
    it(`names ${parameter} for ${what}`, () => {
      const issues = provider.validateJob(questionJob(0, changes));
      assert.deepEqual(
        issues.map((issue) => issue.parameter),
        [parameter],
      );
    });
  }

  it('encodes a text file with its hash as text, and any other as base64', async () => {
    const encode = async (bytes: Uint8Array): Promise<unknown> => {
      const job = questionJob(0, { file: { path: 'a', bytes } });
      return (JSON.parse(await provider.encodeRow(job, 'aaaaaaaa-0')) as { file: unknown }).file;
    };
    assert.deepEqual(await encode(Buffer.from('häh')), {
      path: 'a',
      bytes: 4,
      sha256: 'a3dceda2aa2aeb72f935e75102003611e4fbf24a413d41094df2338174038a43',
      text: 'häh',
    });
    assert.equal(((await encode(Uint8Array.of(255, 0))) as { base64: string }).base64, '/wA=');
  });

  it('encodes a row as one line, whatever the prompt holds', async () => {
    const job = questionJob(0, { prompt: 'a\nb\u2028"' });
    assert.equal((await provider.encodeRow(job, 'aaaaaaaa-0')).includes('\n'), false);
  });

  it('estimates a quarter of the bytes with a margin of 25 %', () => {
    const job = questionJob(0, { prompt: 'x'.repeat(400), system: 'y'.repeat(400) });
    assert.deepEqual(provider.estimateTokens(job), { expected: 200, upperBound: 250 });
  });

  it('is never billed more than was reserved, whatever the outcome', async () => {
    const service = new MockService(
      { outcomes: { shares: { truncated: 0.3, refused: 0.2, invalid: 0.2, transient: 0.1 } } },
      clock,
    );
    const jobs = Array.from({ length: 200 }, (_, i) =>
      questionJob(i, { prompt: 'word '.repeat(i), maxTokens: 1 + (i % 30) }),
    );
    await createOf(new MockProvider({ transport: inProcess(service) }), 'aaaaaaaa', jobs);
    await clock.advance(1000);
    const model = mockModel('mock-small');
    assert.ok(model);
    const rows = service.ledger().batches[0]?.rows ?? [];
    assert.equal(rows.length, 200);
    for (const row of rows) {
      const job = jobs[row.ordinal];
      assert.ok(job);
      const { upperBound } = provider.estimateTokens(job);
      const bound = { inputTokens: upperBound, maxTokens: job.maxTokens, cache: job.cache };
      assert.ok(row.billedNanoUsd <= worstCostNanoUsd(model, bound, clock.now()));
    }
  });

  it('takes limits and a pretend key from its options', () => {
    const other = new MockProvider({
      transport: inProcess(new MockService({}, clock)),
      limits: { maxRows: 60 },
      keyFingerprint: '0123abcd',
      findsEveryBatch: true,
    });
    assert.equal(other.limits.maxRows, 60);
    assert.equal(other.limits.maxBytes, provider.limits.maxBytes);
    assert.equal(other.keyFingerprint, '0123abcd');
    assert.deepEqual([provider.findsEveryBatch, other.findsEveryBatch], [false, true]);
  });
});
