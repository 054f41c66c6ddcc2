import assert from 'node:assert/strict';
import { exitCodeOf, exitCodeOfError } from '../../src/cli/exitCode.ts';
import { progressLine } from '../../src/cli/progress.ts';
import { BatchbookError } from '../../src/core/errors.ts';
import type { RunStatus } from '../../src/core/status.ts';
import type { ErrorCode, RunState } from '../../src/core/vocabulary.ts';

const COUNTS = {
  pending: 0,
  submitted: 0,
  ok: 2,
  truncated: 0,
  refused: 0,
  invalid: 0,
  error: 0,
  cancelled: 0,
};

function status(state: RunState, changes: Partial<RunStatus> = {}): RunStatus {
  return {
    runId: '0'.repeat(26),
    title: 'Test',
    state,
    counts: { total: 2, ...COUNTS },
    completed: 2,
    total: 2,
    reused: 0,
    costUsd: { spent: 0.42, inFlight: 0, unconfirmed: 0, limit: 5 },
    tokens: { input: 0, output: 0 },
    etaMs: null,
    batches: [],
    fullQueues: [],
    notices: [],
    ...changes,
  };
}

describe('exit code', () => {
  const notOk = { counts: { total: 2, ...COUNTS, ok: 1, error: 1 } };
  for (const [state, changes, code] of [
    ['finished', {}, 0],
    ['finished', notOk, 1],
    ['waiting', {}, 0],
    ['waiting', notOk, 0],
    ['needsDecision', notOk, 5],
    ['stoppedByLimit', notOk, 3],
    ['stopped', notOk, 130],
    ['running', {}, 130],
    ['cancelling', {}, 130],
    ['planned', { code: 'notConfirmed' }, 2],
    ['stopped', { code: 'auth' }, 4],
    ['stopped', { code: 'providerRefused' }, 4],
    ['needsDecision', { code: 'auth' }, 4],
    ['waiting', { code: 'invalidRequest' }, 4],
  ] as const satisfies readonly (readonly [RunState, Partial<RunStatus>, number])[]) {
    const what = [
      state,
      ...('code' in changes ? [changes.code] : []),
      ...('counts' in changes ? ['not all ok'] : []),
    ];
    it(`of a run that is ${what.join(', ')} is ${String(code)}`, () => {
      assert.equal(exitCodeOf(status(state, changes)), code);
    });
  }

  for (const [thrown, code] of [
    ['usage', 2],
    ['jobFile', 2],
    ['notConfirmed', 2],
    ['auth', 4],
    ['ambiguous', 5],
    ['costLimit', 3],
    ['leaseLost', 130],
    ['internal', 1],
  ] as const satisfies readonly (readonly [ErrorCode, number])[]) {
    it(`of the error ${thrown} is ${String(code)}`, () => {
      assert.equal(exitCodeOfError(new BatchbookError(thrown, 'It failed.')), code);
    });
  }

  it('of anything else that is thrown is 1', () => {
    assert.equal(exitCodeOfError(new TypeError('bug')), 1);
  });
});

describe('progress line', () => {
  it('says how far, what failed, how much of what, and how long', () => {
    const line = progressLine(
      status('running', {
        counts: { total: 120, ...COUNTS, ok: 35, error: 2, submitted: 20, pending: 63 },
        completed: 37,
        total: 120,
        etaMs: 180_000,
      }),
    );
    assert.equal(line, '37/120 rows · 20 at the service · 2 not ok · $0.42 of $5.00 · about 3 min left');
  });

  it('says that it waits for the network instead of how long', () => {
    const line = progressLine(status('running', { etaMs: 180_000, offlineSince: 1_763_000_000_000 }));
    assert.equal(line, '2/2 rows · $0.42 of $5.00 · waiting, offline');
  });

  it('leaves out what there is nothing to say of', () => {
    const costUsd = { spent: 0, inFlight: 0, unconfirmed: 0, limit: null };
    assert.equal(progressLine(status('finished', { costUsd })), '2/2 rows · $0.00');
  });
});
