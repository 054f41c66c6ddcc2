import type { Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { parseLine } from '../shared/jsonLines.ts';

/** A line of the result file; every part of it may be missing, and the key may come last. */
interface Line {
  readonly key?: unknown;
  readonly response?: Response;
  readonly error?: { readonly code?: number; readonly message?: string };
}
interface Response {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string; readonly thought?: boolean }[] };
    readonly finishReason?: string;
  }[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly cachedContentTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly thoughtsTokenCount?: number;
  };
}

const REFUSED = new Set(['SAFETY', 'PROHIBITED_CONTENT', 'SPII', 'BLOCKLIST', 'RECITATION', 'IMAGE_SAFETY']);
/** google.rpc codes after which the same request fails again: INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED. */
const PERMANENT = new Set([3, 5, 7]);

/** One line of the results. A line that cannot be read is nobody's, and is counted as such. */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text) as Line | undefined;
  const customId = typeof line?.key === 'string' ? line.key : undefined;
  if (line?.error !== undefined) {
    const { code = 13, message = 'The service gave no reason.' } = line.error;
    const outcome = PERMANENT.has(code) ? 'permanent' : 'transient';
    return { customId, outcome, stopReason: `code ${String(code)}`, error: { code: outcome, message } };
  }
  if (line?.response === undefined)
    return {
      customId,
      outcome: 'transient',
      error: { code: 'transient', message: 'The service returned a line that cannot be read.' },
    };
  return { customId, ...answered(line.response) };
}

function answered(response: Response): Omit<RowResult, 'customId'> {
  const usage = response.usageMetadata === undefined ? {} : { usage: usageOf(response.usageMetadata) };
  const [candidate] = response.candidates ?? [];
  const blocked = response.promptFeedback?.blockReason;
  if (candidate === undefined) {
    if (blocked !== undefined) return { outcome: 'refused', stopReason: blocked, response: '', ...usage };
    return {
      outcome: 'transient',
      ...usage,
      error: { code: 'transient', message: 'The service returned no answer for this row.' },
    };
  }
  const parts = candidate.content?.parts ?? [];
  const text = parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
  const reason = candidate.finishReason ?? 'STOP';
  if (REFUSED.has(reason)) return { outcome: 'refused', response: text, stopReason: reason, ...usage };
  if (reason === 'MAX_TOKENS') return { outcome: 'truncated', response: text, stopReason: reason, ...usage };
  if (reason === 'STOP') return { outcome: 'ok', response: text, stopReason: reason, ...usage };
  return {
    outcome: 'transient',
    response: text,
    stopReason: reason,
    ...usage,
    error: { code: 'transient', message: `The service ended this answer with ${reason}.` },
  };
}

/** The service's prompt includes what was cached; its answer does not include what was thought, which is billed like it. */
function usageOf(usage: NonNullable<Response['usageMetadata']>): Usage {
  const cacheRead = usage.cachedContentTokenCount ?? 0;
  const thinking = usage.thoughtsTokenCount ?? 0;
  return {
    input: Math.max(0, (usage.promptTokenCount ?? 0) - cacheRead),
    cacheRead,
    output: (usage.candidatesTokenCount ?? 0) + thinking,
    thinking,
  };
}
