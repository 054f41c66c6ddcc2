import type { Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { endingOf, UNREADABLE, type Ending } from '../shared/endings.ts';
import { parseLine } from '../shared/jsonLines.ts';
import { recordOf, recordsOf, countsOf, countOf, wordOf } from '../shared/wireValues.ts';

type Wire = Readonly<Record<string, unknown>>;

/**
 * What each finish reason means (SDK 3.1.0). What is not named here, such as OTHER, CONTINUATION and MALFORMED_RESPONSE,
 * leaves a text that may be cut: see `endingOf`.
 */
const FINISH_REASONS = {
  STOP: 'ok',
  MAX_TOKENS: 'truncated',
  SAFETY: 'refused',
  RECITATION: 'refused',
  LANGUAGE: 'refused',
  BLOCKLIST: 'refused',
  PROHIBITED_CONTENT: 'refused',
  SPII: 'refused',
  IMAGE_SAFETY: 'refused',
  IMAGE_PROHIBITED_CONTENT: 'refused',
  IMAGE_RECITATION: 'refused',
} as const;

/**
 * google.rpc codes after which the same request fails again: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
 * PERMISSION_DENIED, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, UNAUTHENTICATED.
 */
const PERMANENT = new Set([3, 5, 6, 7, 9, 11, 12, 16]);
/** The largest google.rpc code; what is above is a status of HTTP. */
const LAST_RPC_CODE = 16;

/**
 * One line of the results; the key may come last. A line that cannot be read is nobody's, and is counted as such;
 * nothing that a line holds makes this throw.
 */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text);
  return { customId: wordOf(line['key']), ...rowEnding(line) };
}

function rowEnding(line: Wire): Ending {
  const response = recordOf(line['response']);
  if (Object.keys(response).length > 0) return answered(response);
  if (line['error'] == null) return UNREADABLE;
  const error = recordOf(line['error']);
  const code = typeof error['code'] === 'number' ? error['code'] : undefined;
  const outcome = code !== undefined && isPermanent(code) ? 'permanent' : 'transient';
  return {
    outcome,
    stopReason: code === undefined ? 'error' : `code ${String(code)}`,
    error: { code: outcome, message: wordOf(error['message']) ?? 'The service gave no reason.' },
  };
}

function isPermanent(code: number): boolean {
  if (code <= LAST_RPC_CODE) return PERMANENT.has(code);
  return code >= 400 && code < 500 && ![408, 409, 429].includes(code);
}

function answered(response: Wire): Ending {
  const usage = usageOf(recordOf(response['usageMetadata']));
  const [candidate] = recordsOf(response['candidates']);
  if (candidate === undefined) {
    const paid = usage === undefined ? {} : { usage };
    const blocked = wordOf(recordOf(response['promptFeedback'])['blockReason']);
    if (blocked !== undefined) return { outcome: 'refused', stopReason: blocked, response: '', ...paid };
    const message = 'The service returned no answer for this row.';
    return { outcome: 'transient', ...paid, error: { code: 'transient', message } };
  }
  const text = recordsOf(recordOf(candidate['content'])['parts'])
    .map((part) => (part['thought'] === true ? '' : (wordOf(part['text']) ?? '')))
    .join('');
  return endingOf({ response: text, stopReason: wordOf(candidate['finishReason']), usage }, FINISH_REASONS);
}

/**
 * The service's prompt includes what was cached; its answer does not include what was thought, which is billed like it.
 * Counts of 0 are left out on the wire, but a prompt is never empty.
 */
function usageOf(usage: Wire): Usage | undefined {
  const prompt = countOf(usage['promptTokenCount']);
  const counts = countsOf(usage, 'cachedContentTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount');
  if (prompt === undefined || counts === undefined) return undefined;
  return {
    input: Math.max(0, prompt - counts.cachedContentTokenCount),
    cacheRead: counts.cachedContentTokenCount,
    output: counts.candidatesTokenCount + counts.thoughtsTokenCount,
    thinking: counts.thoughtsTokenCount,
  };
}
