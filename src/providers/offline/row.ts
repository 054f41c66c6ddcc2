import { describeCause } from '../../core/errors.ts';
import { NO_USAGE, type Job } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { extractBlocks } from '../text/extract.ts';
import { markdownBlocks } from '../text/markdown.ts';
import { estimateTextTokens } from '../text/tokens.ts';
import type { TextBlock } from '../text/blocks.ts';
import { sentencesAskedFor } from './request.ts';
import { summarize } from './summarize.ts';

/** One row of a batch body, as its line of JSON holds it. */
interface EncodedRow {
  readonly customId: string;
  /** File name, for messages; absent where there is no file. */
  readonly file?: string;
  readonly prompt: string;
  readonly sentences: number;
  readonly maxTokens: number;
  readonly blocks: readonly TextBlock[];
}

/**
 * A job as one line: what is asked, and the text that its input holds.
 *
 * @throws ValidationError `validation`, naming the file, where it holds no text that can be read.
 */
export async function encodeOfflineRow(job: Job, customId: string): Promise<string> {
  const instruction = job.file === undefined ? textOf(job) : (job.prompt ?? '');
  const row: EncodedRow = {
    customId,
    ...(job.file === undefined ? {} : { file: job.file.path }),
    // Without a file the prompt is the text itself, which stands in the blocks.
    prompt: job.file === undefined ? '' : instruction,
    sentences: sentencesAskedFor([instruction, job.system]),
    maxTokens: job.maxTokens,
    blocks: job.file === undefined ? markdownBlocks(instruction) : await extractBlocks(job.file),
  };
  return JSON.stringify(row);
}

/** The text of a job without a file: the last thing the user said, or the prompt. */
export function textOf(job: Job): string {
  return job.messages?.findLast((message) => message.role === 'user')?.content ?? job.prompt ?? '';
}

/** The answer to one line of a batch body. Never throws: a line that cannot be answered is a row that ends in error. */
export function answerOfflineRow(line: string): RowResult {
  let row: EncodedRow;
  try {
    row = JSON.parse(line) as EncodedRow;
  } catch (error) {
    return failed(undefined, `This row of the batch is damaged: ${describeCause(error)}`);
  }
  const { customId, blocks, maxTokens, sentences, prompt } = row;
  if (blocks.length === 0) {
    return failed(
      customId,
      `There is no text to summarize${row.file === undefined ? '' : ` in ${row.file}`}.`,
    );
  }
  const summary = summarize(blocks, { sentences, maxTokens });
  const input = blocks.reduce(
    (sum, block) => sum + estimateTextTokens(block.text),
    estimateTextTokens(prompt),
  );
  return {
    customId,
    outcome: summary.truncated ? 'truncated' : 'ok',
    response: summary.text,
    stopReason: summary.truncated ? 'max_tokens' : 'end_turn',
    usage: { input, output: estimateTextTokens(summary.text) },
  };
}

/** The result of a row whose batch was cancelled before it was answered. */
export function cancelledOfflineRow(line: string): RowResult {
  const id = /^\{"customId":"([^"\\]+)"/.exec(line)?.[1];
  return { customId: id, outcome: 'cancelled', usage: NO_USAGE };
}

function failed(customId: string | undefined, message: string): RowResult {
  return { customId, outcome: 'permanent', usage: NO_USAGE, error: { code: 'permanent', message } };
}
