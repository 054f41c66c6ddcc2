import { ProviderError } from '../../core/errors.ts';
import type { RowError } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import type { MockLine } from './mockLines.ts';

/**
 * Parses a download line by line, holding one line in memory.
 *
 * @throws ProviderError `truncatedDownload` where the stream does not end with a newline.
 */
export async function* readRowResults(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<RowResult, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield rowResultOf(JSON.parse(line) as MockLine);
  }
  if (rest !== '') {
    throw new ProviderError('truncatedDownload', 'mock', 'The results end in the middle of a line.');
  }
}

function rowResultOf(line: MockLine): RowResult {
  return {
    customId: line.customId,
    outcome: line.outcome,
    ...(line.text !== undefined && { response: line.text }),
    ...(line.parsedResponse !== undefined && { parsedResponse: line.parsedResponse }),
    ...(line.citations !== undefined && { citations: line.citations }),
    ...(line.stopReason !== undefined && { stopReason: line.stopReason }),
    ...(line.usage !== undefined && { usage: line.usage }),
    ...errorOf(line),
  };
}

function errorOf({ outcome, error = '' }: MockLine): { error?: RowError } {
  return outcome === 'transient' || outcome === 'permanent' || outcome === 'expired'
    ? { error: { code: outcome, message: error } }
    : {};
}
