import type { Citation, Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { parseLine } from '../shared/jsonLines.ts';

/** A result line as the service documents it; every part of it may be missing. */
interface Line {
  readonly custom_id?: unknown;
  readonly result?: {
    readonly type?: string;
    readonly message?: Message;
    readonly error?: { readonly error?: { readonly type?: string; readonly message?: string } };
  };
}
interface Message {
  readonly content?: readonly Block[];
  readonly stop_reason?: string | null;
  readonly usage?: {
    readonly input_tokens?: number;
    readonly output_tokens?: number;
    readonly cache_read_input_tokens?: number | null;
    readonly cache_creation_input_tokens?: number | null;
    readonly cache_creation?: {
      readonly ephemeral_5m_input_tokens?: number;
      readonly ephemeral_1h_input_tokens?: number;
    } | null;
    readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
  };
}
interface Block {
  readonly type?: string;
  readonly text?: string;
  readonly citations?: readonly WireCitation[] | null;
}
interface WireCitation {
  readonly type?: string;
  readonly cited_text?: string;
  readonly document_title?: string | null;
  readonly start_char_index?: number;
  readonly end_char_index?: number;
  readonly start_page_number?: number;
  readonly end_page_number?: number;
  readonly start_block_index?: number;
  readonly end_block_index?: number;
}

const STOP_REASONS: Readonly<Record<string, RowResult['outcome']>> = {
  end_turn: 'ok',
  stop_sequence: 'ok',
  tool_use: 'ok',
  max_tokens: 'truncated',
  model_context_window_exceeded: 'truncated',
  pause_turn: 'truncated',
  refusal: 'refused',
};
/** The request itself must change before it can succeed. */
const PERMANENT = new Set([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
]);

/** One line of a batch's results. A line that cannot be read is nobody's, and is counted as such. */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text) as Line | undefined;
  const customId = typeof line?.custom_id === 'string' ? line.custom_id : undefined;
  const { result } = line ?? {};
  switch (result?.type) {
    case 'succeeded':
      return { customId, ...answered(result.message ?? {}) };
    case 'errored': {
      const { type = 'api_error', message = 'The service gave no reason.' } = result.error?.error ?? {};
      const code = PERMANENT.has(type) ? 'permanent' : 'transient';
      return { customId, outcome: code, stopReason: type, error: { code, message } };
    }
    case 'canceled':
      return { customId, outcome: 'cancelled' };
    case 'expired':
      return {
        customId,
        outcome: 'expired',
        error: { code: 'expired', message: 'The batch expired before the service reached this row.' },
      };
    default:
      return {
        customId,
        outcome: 'transient',
        error: { code: 'transient', message: 'The service returned a line that cannot be read.' },
      };
  }
}

function answered(message: Message): Omit<RowResult, 'customId'> {
  const blocks = (message.content ?? []).filter(({ type }) => type === 'text');
  const stopReason = message.stop_reason ?? 'end_turn';
  const citations = blocks.flatMap((block) => (block.citations ?? []).flatMap(citationOf));
  return {
    outcome: STOP_REASONS[stopReason] ?? 'ok',
    // With citations one sentence comes in several blocks.
    response: blocks.map(({ text }) => text ?? '').join(''),
    stopReason,
    ...(citations.length > 0 ? { citations } : {}),
    ...(message.usage === undefined ? {} : { usage: usageOf(message.usage) }),
  };
}

/** Ends of ranges are exclusive on the wire and here; pages count from 1, characters and blocks from 0. */
function citationOf(wire: WireCitation): Citation[] {
  const base = { file: wire.document_title ?? '', citedText: wire.cited_text ?? '', verified: false };
  const range = (from: number | undefined, to: number | undefined): readonly [number, number] => [
    from ?? 0,
    to ?? 0,
  ];
  switch (wire.type) {
    case 'char_location':
      return [{ ...base, charRange: range(wire.start_char_index, wire.end_char_index) }];
    case 'page_location':
      return [{ ...base, pageRange: range(wire.start_page_number, wire.end_page_number) }];
    case 'content_block_location':
      return [{ ...base, blockRange: range(wire.start_block_index, wire.end_block_index) }];
    default:
      return [];
  }
}

/** The service's input does not include what was cached. */
function usageOf(usage: NonNullable<Message['usage']>): Usage {
  const { ephemeral_1h_input_tokens: hour = 0 } = usage.cache_creation ?? {};
  return {
    input: usage.input_tokens ?? 0,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: Math.max(0, (usage.cache_creation_input_tokens ?? 0) - hour),
    cacheWrite1h: hour,
    output: usage.output_tokens ?? 0,
    thinking: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}
