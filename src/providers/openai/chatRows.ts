import type { RowResult } from '../../core/provider.ts';
import { toRowResult } from './rows.ts';

/** What is read of a line: any part of it may be missing, null or of another type. */
type Wire = Readonly<Record<string, unknown>>;

/** What services call an end that came by itself. */
const NATURAL_ENDS = new Set<unknown>(['stop', 'eos', 'eos_token', 'stop_sequence', 'end_turn']);
/** What `/v1/responses` calls an end that did not. */
const INCOMPLETE = new Map<unknown, string>([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

/**
 * One line of either file of a batch of `/v1/chat/completions`. An answer is put into the form of `/v1/responses`, so that
 * one reader sorts both; its stop reason stays the service's own word.
 */
export function toChatRowResult(text: string): RowResult {
  const line = parsed(text);
  const response = recordOf(line['response']);
  if (response['status_code'] !== 200) return toRowResult(text);
  const body = recordOf(response['body']);
  const choice = recordOf(listOf(body['choices'])[0]);
  const result = toRowResult(
    JSON.stringify({ ...line, response: { ...response, body: asResponse(body, choice) } }),
  );
  const reason = choice['finish_reason'];
  return typeof reason === 'string' && result.stopReason !== 'refusal'
    ? { ...result, stopReason: reason }
    : result;
}

function asResponse(body: Wire, choice: Wire): Wire {
  const usage = asUsage(recordOf(body['usage']));
  if (typeof choice['message'] !== 'object' || choice['message'] === null)
    return {
      status: 'failed',
      error: { message: 'The service returned an answer without a message.' },
      usage,
    };
  const { content, refusal } = recordOf(choice['message']);
  const reason = choice['finish_reason'];
  const incomplete = INCOMPLETE.get(reason);
  const parts = typeof content === 'string' ? [{ text: content }] : listOf(content).map(recordOf);
  return {
    status: incomplete !== undefined ? 'incomplete' : NATURAL_ENDS.has(reason) ? 'completed' : reason,
    incomplete_details: incomplete === undefined ? null : { reason: incomplete },
    output: [
      {
        type: 'message',
        content: [
          ...parts.map(({ text }) => ({ type: 'output_text', text: typeof text === 'string' ? text : '' })),
          ...(typeof refusal === 'string' && refusal !== '' ? [{ type: 'refusal', refusal }] : []),
        ],
      },
    ],
    usage,
  };
}

/**
 * Some services leave the thinking out of the answer's tokens and count it in the total only: it is paid for all the same.
 * A usage without numbers says nothing, which is not the same as nothing used.
 */
function asUsage(usage: Wire): Wire | null {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number') return null;
  const cached = numberIn(recordOf(usage['prompt_tokens_details']), 'cached_tokens');
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: Math.min(cached, prompt) },
    output_tokens: Math.max(completion, numberIn(usage, 'total_tokens') - prompt),
    output_tokens_details: {
      reasoning_tokens: numberIn(recordOf(usage['completion_tokens_details']), 'reasoning_tokens'),
    },
  };
}

function parsed(text: string): Wire {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Wire {
  return typeof value === 'object' && value !== null ? (value as Wire) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberIn(source: Wire, name: string): number {
  const value = source[name];
  return typeof value === 'number' && value >= 0 ? value : 0;
}
