import { setImmediate } from 'node:timers/promises';
import { isBatchbookError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { BatchSearch, JobIssue, Provider, RowResult, TokenEstimate } from '../../core/provider.ts';
import { extensionOf, formatOf } from '../text/format.ts';
import { estimateTextTokens } from '../text/tokens.ts';
import { createBatchFiles, type BatchFiles } from './batchFiles.ts';
import { OFFLINE_MODELS, OFFLINE_PROVIDER } from './model.ts';
import { answerOfflineRow, cancelledOfflineRow, encodeOfflineRow, textOf } from './row.ts';

export interface OfflineProviderOptions {
  /** Folder of its own in which batches are kept between `createBatch` and `deleteArtifacts`. */
  readonly directory: string;
}

/** Longest stretch of summarising before other work of the process gets a turn, in milliseconds. */
const TURN_MS = 20;

/**
 * Summaries made on this machine, free and without a key, behind the same interface as the batch services. A batch is
 * a copy of its body in `directory`, so it outlives the process; its rows are answered anew whenever `results` is read,
 * always the same way.
 */
export function createOfflineProvider(options: OfflineProviderOptions): Provider {
  const files = createBatchFiles(options.directory);
  return {
    name: OFFLINE_PROVIDER,
    origin: undefined,
    models: OFFLINE_MODELS,
    limits: { maxRows: 10_000, maxBytes: 64 * 1024 * 1024 },
    framing: { head: '', separator: '\n', tail: '\n' },
    findsEveryBatch: true,
    keyFingerprint: undefined,
    validateJob,
    estimateTokens,
    encodeRow: encodeOfflineRow,

    createBatch: async (payload, { nonce, signal }) => {
      const batchId = batchIdOf(nonce);
      await files.create(batchId, payload, signal);
      return { batchId };
    },

    findBatches: async (intent): Promise<BatchSearch> => {
      const batchId = batchIdOf(intent.nonce);
      try {
        const { rows, createdAt } = await files.describe(batchId);
        const state = await stateOf(files, batchId);
        return { candidates: [{ batchId, certain: true, createdAt, rows, state }], ruledOut: [] };
      } catch (error) {
        if (isBatchbookError(error) && error.code === 'notFound') return { candidates: [], ruledOut: [] };
        throw error;
      }
    },

    getBatch: async (batchId) => {
      const { rows } = await files.describe(batchId);
      const state = await stateOf(files, batchId);
      return {
        batchId,
        state,
        rawState: state,
        expectedLines: rows,
        completed: rows,
        unreportedIsFree: true,
      };
    },

    results: (batchId, signal) => answers(files, batchId, signal),
    cancelBatch: (batchId) => files.cancel(batchId),
    deleteArtifacts: (batchId) => files.remove(batchId),
  };
}

function batchIdOf(nonce: string): string {
  return `${OFFLINE_PROVIDER}-${nonce}`;
}

async function stateOf(files: BatchFiles, batchId: string): Promise<'ended' | 'cancelled'> {
  return (await files.isCancelled(batchId)) ? 'cancelled' : 'ended';
}

async function* answers(files: BatchFiles, batchId: string, signal: AbortSignal): AsyncGenerator<RowResult> {
  let cancelled = await files.isCancelled(batchId);
  let turnEnds = performance.now() + TURN_MS;
  for await (const line of files.rows(batchId, signal)) {
    if (performance.now() > turnEnds) {
      await setImmediate();
      signal.throwIfAborted();
      cancelled = await files.isCancelled(batchId);
      turnEnds = performance.now() + TURN_MS;
    }
    yield cancelled ? cancelledOfflineRow(line) : answerOfflineRow(line);
  }
}

/** A system prompt is read for a number of sentences and otherwise has no effect. */
function validateJob(job: Job): readonly JobIssue[] {
  const issues: JobIssue[] = [];
  const refuse = (parameter: string, what: string): void => {
    issues.push({ parameter, message: `${job.model} ${what} (it is extractive, not an AI model).` });
  };
  if (job.responseSchema !== undefined) refuse('responseSchema', 'cannot fill in a schema');
  if (job.enableCitations === true) refuse('enableCitations', 'gives no citations');
  if (job.temperature !== undefined) refuse('temperature', 'has no temperature');
  if (job.effort !== undefined) refuse('effort', 'has no levels of effort');
  if (job.echo === true) refuse('echo', 'cannot give back a token');
  if (job.file !== undefined && formatOf(job.file.path) === 'binary') {
    refuse(
      'file',
      `cannot read ${extensionOf(job.file.path)} files such as ${job.file.path}, only text and PDF`,
    );
  }
  return issues;
}

/** Margins of promise P3: what a PDF's bytes hold as text is a guess, a text's are nearly known. */
function estimateTokens(job: Job): TokenEstimate {
  const instruction = estimateTextTokens(`${job.system ?? ''}${job.prompt ?? ''}`);
  if (job.file === undefined)
    return withMargin(job.messages === undefined ? instruction : estimateTextTokens(textOf(job)), 1.25);
  if (formatOf(job.file.path) === 'pdf')
    return withMargin(instruction + Math.ceil(job.file.bytes.length / 10), 1.6);
  return withMargin(instruction + estimateTextTokens(new TextDecoder().decode(job.file.bytes)), 1.25);
}

function withMargin(expected: number, factor: number): TokenEstimate {
  return { expected, upperBound: Math.ceil(expected * factor) };
}
