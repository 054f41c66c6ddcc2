import { NO_USAGE, type Citation, type Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { endingOf, UNREADABLE, type Ending } from '../shared/endings.ts';
import { parseLine } from '../shared/jsonLines.ts';
import { recordOf, recordsOf, countsOf, countOf, wordOf } from '../shared/wireValues.ts';

type Wire = Readonly<Record<string, unknown>>;

/** What each documented stop reason means (SDK 1.12.0); for any other see `endingOf`. */
const STOP_REASONS = {
  end_turn: 'ok',
  stop_sequence: 'ok',
  tool_use: 'ok',
  max_tokens: 'truncated',
  model_context_window_exceeded: 'contextFull',
  pause_turn: 'truncated',
  refusal: 'refused',
} as const;

/** Types of errors after which the request itself must change before it can succeed; after others it may be sent again. */
const PERMANENT = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
]);

/**
 * One line of a batch's results. A line that cannot be read is nobody's, and is counted as such; nothing that a line
 * holds makes this throw.
 */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text);
  return { customId: wordOf(line['custom_id']), ...rowEnding(recordOf(line['result'])) };
}

/** "You are not charged for errored, canceled or expired requests" (documentation, November 2026). */
function rowEnding(result: Wire): Ending {
  switch (result['type']) {
    case 'succeeded':
      return answered(recordOf(result['message']));
    case 'errored': {
      const error = recordOf(recordOf(result['error'])['error']);
      const type = wordOf(error['type']) ?? 'api_error';
      const code = PERMANENT.has(type) ? 'permanent' : 'transient';
      const message = wordOf(error['message']) ?? 'The service gave no reason.';
      return { outcome: code, stopReason: type, usage: NO_USAGE, error: { code, message } };
    }
    case 'canceled':
      return { outcome: 'cancelled', usage: NO_USAGE };
    case 'expired': {
      const message = 'The batch expired before the service reached this row.';
      return { outcome: 'expired', usage: NO_USAGE, error: { code: 'expired', message } };
    }
    default:
      return UNREADABLE;
  }
}

function answered(message: Wire): Ending {
  const blocks = recordsOf(message['content']).filter(({ type }) => type === 'text');
  // With citations one sentence comes in several blocks, each with what it rests on.
  const citations: Citation[] = [];
  let text = '';
  for (const block of blocks) {
    const start = text.length;
    text += wordOf(block['text']) ?? '';
    const answerRange = [start, text.length] as const;
    for (const wire of recordsOf(block['citations']))
      citations.push(...citationOf(wire).map((citation) => ({ ...citation, answerRange })));
  }
  const why = wordOf(recordOf(message['stop_details'])['explanation']);
  const stopReason = wordOf(message['stop_reason']);
  return endingOf(
    {
      response: text === '' && stopReason === 'refusal' ? (why ?? '') : text,
      stopReason,
      usage: usageOf(recordOf(message['usage'])),
      citations,
    },
    STOP_REASONS,
  );
}

/** Ends of ranges are exclusive on the wire and here; pages count from 1, characters and blocks from 0. */
function citationOf(wire: Wire): Citation[] {
  const base = {
    file: wordOf(wire['document_title']) ?? '',
    citedText: wordOf(wire['cited_text']) ?? '',
    verified: false,
  };
  const range = (from: string, to: string): readonly [number, number] => [
    countOf(wire[from], Number.MAX_SAFE_INTEGER) ?? 0,
    countOf(wire[to], Number.MAX_SAFE_INTEGER) ?? 0,
  ];
  switch (wire['type']) {
    case 'char_location':
      return [{ ...base, charRange: range('start_char_index', 'end_char_index') }];
    case 'page_location':
      return [{ ...base, pageRange: range('start_page_number', 'end_page_number') }];
    case 'content_block_location':
      return [{ ...base, blockRange: range('start_block_index', 'end_block_index') }];
    default:
      return [];
  }
}

/**
 * The service's input does not include what was cached. Cache writes that are not told apart by how long they are kept
 * count as the dearer, an hour.
 */
function usageOf(usage: Wire): Usage | undefined {
  const input = countOf(usage['input_tokens']);
  const output = countOf(usage['output_tokens']);
  const cached = countsOf(usage, 'cache_read_input_tokens', 'cache_creation_input_tokens');
  const written = countsOf(
    recordOf(usage['cache_creation']),
    'ephemeral_5m_input_tokens',
    'ephemeral_1h_input_tokens',
  );
  if (input === undefined || output === undefined || cached === undefined || written === undefined)
    return undefined;
  const fiveMinutes = written.ephemeral_5m_input_tokens;
  const rest = cached.cache_creation_input_tokens - fiveMinutes;
  return {
    input,
    cacheRead: cached.cache_read_input_tokens,
    cacheWrite: fiveMinutes,
    cacheWrite1h: Math.max(rest, written.ephemeral_1h_input_tokens),
    output,
    thinking: countOf(recordOf(usage['output_tokens_details'])['thinking_tokens']) ?? 0,
  };
}
