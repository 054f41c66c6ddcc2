import assert from 'node:assert/strict';
import type { ProviderBatchState } from '../../../src/core/vocabulary.ts';
import { TERMINAL_BATCH_STATES } from '../../../src/core/vocabulary.ts';
import { stateOf as ofAnthropic } from '../../../src/providers/anthropic/states.ts';
import { stateOf as ofGemini, stateOfWord } from '../../../src/providers/gemini/states.ts';
import { stateOf as ofOpenAI } from '../../../src/providers/openai/states.ts';

// Every word that the SDKs (Anthropic 1.12.0, OpenAI 7.57.0, Gemini 3.1.0) document, and one that nobody does (b-9).
const ANTHROPIC: Readonly<Record<string, ProviderBatchState>> = {
  in_progress: 'running',
  canceling: 'cancelling',
  ended: 'ended',
  hibernating: 'unknown',
};
const OPENAI: Readonly<Record<string, ProviderBatchState>> = {
  validating: 'validating',
  failed: 'failed',
  in_progress: 'running',
  finalizing: 'running',
  completed: 'ended',
  expired: 'expired',
  cancelling: 'cancelling',
  cancelled: 'cancelled',
  hibernating: 'unknown',
};
const GEMINI: Readonly<Record<string, ProviderBatchState>> = {
  UNSPECIFIED: 'unknown',
  QUEUED: 'validating',
  PENDING: 'validating',
  RUNNING: 'running',
  SUCCEEDED: 'ended',
  FAILED: 'failed',
  CANCELLING: 'cancelling',
  CANCELLED: 'cancelled',
  PAUSED: 'running',
  EXPIRED: 'expired',
  UPDATING: 'running',
  PARTIALLY_SUCCEEDED: 'ended',
  HIBERNATING: 'unknown',
};

describe('The states of a batch', () => {
  for (const [word, state] of Object.entries(ANTHROPIC))
    it(`of Anthropic: ${word} is ${state}`, () => {
      assert.equal(ofAnthropic(word), state);
    });

  for (const [word, state] of Object.entries(OPENAI))
    it(`of OpenAI: ${word} is ${state}`, () => {
      assert.equal(ofOpenAI(word), state);
    });

  for (const [word, state] of Object.entries(GEMINI))
    it(`of Gemini: ${word} is ${state}, on the wire and in the SDK`, () => {
      assert.equal(ofGemini({ metadata: { state: `BATCH_STATE_${word}` } }), state);
      assert.equal(stateOfWord(`JOB_STATE_${word}`), state);
    });

  it('of Gemini are told by how the operation ended where the word is none', () => {
    const cases = [
      [{}, 'unknown'],
      [{ done: false }, 'unknown'],
      [{ done: true }, 'ended'],
      [{ done: true, error: { code: 13 } }, 'failed'],
      [{ done: true, error: {} }, 'failed'],
      [{ done: true, error: { code: 1 } }, 'cancelled'],
      [{ done: true, metadata: { state: 'BATCH_STATE_HIBERNATING' }, error: { code: 4 } }, 'failed'],
      // A word that is known wins.
      [{ done: true, metadata: { state: 'BATCH_STATE_EXPIRED' }, error: { code: 4 } }, 'expired'],
      [{ done: true, metadata: { state: 'BATCH_STATE_FAILED' }, error: { code: 1 } }, 'failed'],
    ] as const;
    for (const [operation, state] of cases) assert.equal(ofGemini(operation), state);
  });

  it('are polled on where nobody knows the word, and on no account taken for an end', () => {
    for (const state of [ofAnthropic('x'), ofOpenAI('x'), ofGemini({}), ofGemini({ metadata: {} })]) {
      assert.equal(state, 'unknown');
      assert.ok(!TERMINAL_BATCH_STATES.has(state));
    }
  });
});
