import { NO_USAGE, type Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { parseLine } from '../shared/jsonLines.ts';

/** A line of the output or error file; every part of it may be missing or null. */
interface Line {
  readonly custom_id?: unknown;
  readonly response?: { readonly status_code?: number; readonly body?: Body } | null;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
}
interface Body {
  readonly status?: string;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly error?: { readonly message?: string; readonly code?: string | null } | null;
  readonly output?: readonly {
    readonly type?: string;
    readonly content?: readonly {
      readonly type?: string;
      readonly text?: string;
      readonly refusal?: string;
    }[];
  }[];
  readonly usage?: {
    readonly input_tokens?: number;
    readonly input_tokens_details?: {
      readonly cached_tokens?: number;
      readonly cache_write_tokens?: number;
    } | null;
    readonly output_tokens?: number;
    readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
  } | null;
}

/** One line of either file. A line that cannot be read is nobody's, and is counted as such. */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text) as Line | undefined;
  const customId = typeof line?.custom_id === 'string' ? line.custom_id : undefined;
  if (line?.error != null) return { customId, ...neverAnswered(line.error) };
  const status = line?.response?.status_code;
  const body = line?.response?.body;
  if (body === undefined || status === undefined)
    return {
      customId,
      outcome: 'transient',
      error: { code: 'transient', message: 'The service returned a line that cannot be read.' },
    };
  return { customId, ...(status === 200 ? answered(body) : refusedRequest(status, body)) };
}

/** The batch ended before the row's turn: documented as not charged (documentation, November 2026). */
function neverAnswered({
  code = '',
  message = 'The service gave no reason.',
}: NonNullable<Line['error']>): Omit<RowResult, 'customId'> {
  if (code === 'batch_cancelled') return { outcome: 'cancelled', stopReason: code, usage: NO_USAGE };
  if (code === 'batch_expired')
    return { outcome: 'expired', stopReason: code, usage: NO_USAGE, error: { code: 'expired', message } };
  return { outcome: 'transient', stopReason: code, error: { code: 'transient', message } };
}

function refusedRequest(status: number, body: Body): Omit<RowResult, 'customId'> {
  const message = body.error?.message ?? `The service answered this row with status ${String(status)}.`;
  const again = status === 429 || status >= 500;
  return {
    outcome: again ? 'transient' : 'permanent',
    stopReason: body.error?.code ?? String(status),
    // What was refused before the model saw it costs nothing; of a failure in the middle nobody can tell.
    ...(status < 500 ? { usage: NO_USAGE } : {}),
    error: { code: again ? 'transient' : 'permanent', message },
  };
}

function answered(body: Body): Omit<RowResult, 'customId'> {
  const parts = (body.output ?? [])
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => content ?? []);
  const text = parts.map((part) => (part.type === 'output_text' ? (part.text ?? '') : '')).join('');
  const refusal = parts.find(({ type }) => type === 'refusal')?.refusal;
  const usage = body.usage == null ? {} : { usage: usageOf(body.usage) };
  if (body.status === 'failed')
    return {
      outcome: 'transient',
      stopReason: body.error?.code ?? 'failed',
      ...usage,
      error: { code: 'transient', message: body.error?.message ?? 'The service failed on this row.' },
    };
  const reason = body.incomplete_details?.reason;
  if (refusal !== undefined || reason === 'content_filter')
    return { outcome: 'refused', response: refusal ?? text, stopReason: reason ?? 'refusal', ...usage };
  if (body.status === 'incomplete')
    return { outcome: 'truncated', response: text, stopReason: reason ?? 'incomplete', ...usage };
  return { outcome: 'ok', response: text, stopReason: body.status ?? 'completed', ...usage };
}

/** The service's input includes what was cached, and its output what was thought. */
function usageOf(usage: NonNullable<Body['usage']>): Usage {
  const { cached_tokens: cacheRead = 0, cache_write_tokens: cacheWrite = 0 } =
    usage.input_tokens_details ?? {};
  return {
    input: Math.max(0, (usage.input_tokens ?? 0) - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: usage.output_tokens ?? 0,
    thinking: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}
