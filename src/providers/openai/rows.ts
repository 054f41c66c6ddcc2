import { NO_USAGE, type Usage } from '../../core/job.ts';
import type { RowResult } from '../../core/provider.ts';
import { endingOf, UNREADABLE, type Ending } from '../shared/endings.ts';
import { parseLine } from '../shared/jsonLines.ts';
import { recordOf, recordsOf, countsOf, countOf, wordOf } from '../shared/wireValues.ts';

type Wire = Readonly<Record<string, unknown>>;

/** What each status of a response, or the reason why it is incomplete, means; for any other see `endingOf`. */
const STOP_REASONS = {
  completed: 'ok',
  max_output_tokens: 'truncated',
  content_filter: 'refused',
  refusal: 'refused',
} as const;

/** Codes of a failed response that the content itself was refused for (SDK 7.57.0). */
const REFUSED = new Set(['bio_policy', 'misalignment_policy_violation', 'image_content_policy_violation']);
/** Codes of a failed response that find fault with the request (SDK 7.57.0); after others it may be sent again. */
const PERMANENT = /^(?:invalid|unsupported|image|empty_image|failed_to_download|data_residency)_/;

/**
 * One line of the output or the error file. A line that cannot be read is nobody's, and is counted as such; nothing that
 * a line holds makes this throw.
 */
export function toRowResult(text: string): RowResult {
  const line = parseLine(text);
  return { customId: wordOf(line['custom_id']), ...rowEnding(line) };
}

function rowEnding(line: Wire): Ending {
  const error = recordOf(line['error']);
  if (wordOf(error['code']) !== undefined || wordOf(error['message']) !== undefined)
    return neverAnswered(error);
  const response = recordOf(line['response']);
  const status = response['status_code'];
  const body = recordOf(response['body']);
  if (typeof status !== 'number') return UNREADABLE;
  return status >= 200 && status < 300 ? answered(body) : refusedRequest(status, body);
}

/**
 * The row's turn never came, or it took too long. Only what a batch did not reach is documented as not charged
 * (documentation, November 2026). A code that nobody documents may pass: the row is sent again a few times at most.
 */
function neverAnswered(error: Wire): Ending {
  const code = wordOf(error['code']) ?? 'error';
  const message = wordOf(error['message']) ?? 'The service gave no reason.';
  if (code === 'batch_cancelled') return { outcome: 'cancelled', stopReason: code, usage: NO_USAGE };
  if (code === 'batch_expired')
    return { outcome: 'expired', stopReason: code, usage: NO_USAGE, error: { code: 'expired', message } };
  return { outcome: 'transient', stopReason: code, error: { code: 'transient', message } };
}

/**
 * A request that was answered with an error. 408, 409, 429 and 5xx may be sent again, as the service's SDK does; so may
 * a status that is none, such as the 0 of lines that were never worked on (tidyverse/ellmer#830).
 */
function refusedRequest(status: number, body: Wire): Ending {
  const error = recordOf(body['error']);
  const isRefusal = status >= 400 && status < 500;
  const code = isRefusal && ![408, 409, 429].includes(status) ? 'permanent' : 'transient';
  // What was refused before the model saw it costs nothing; of a failure in the middle nobody can tell.
  const usage = usageOf(recordOf(body['usage'])) ?? (isRefusal && status !== 408 ? NO_USAGE : undefined);
  return {
    outcome: code,
    stopReason: wordOf(error['code']) ?? String(status),
    ...(usage === undefined ? {} : { usage }),
    error: {
      code,
      message: wordOf(error['message']) ?? `The service answered this row with status ${String(status)}.`,
    },
  };
}

function answered(body: Wire): Ending {
  const error = recordOf(body['error']);
  const status = wordOf(body['status']) ?? (wordOf(error['message']) === undefined ? undefined : 'failed');
  const parts = recordsOf(body['output'])
    // What a model says beside its answer is not part of it.
    .filter(({ type, phase }) => type === 'message' && phase !== 'commentary')
    .flatMap(({ content }) => recordsOf(content));
  const text = parts.map((part) => (part['type'] === 'output_text' ? (wordOf(part['text']) ?? '') : ''));
  const refusal = parts.find(({ type }) => type === 'refusal');
  const reason = status === 'incomplete' ? wordOf(recordOf(body['incomplete_details'])['reason']) : undefined;
  const answer = { response: text.join(''), usage: usageOf(recordOf(body['usage'])) };
  if (status === 'failed') return failed(error, answer);
  if (refusal === undefined) return endingOf({ ...answer, stopReason: reason ?? status }, STOP_REASONS);
  const response = wordOf(refusal['refusal']) ?? answer.response;
  return endingOf({ ...answer, response, stopReason: 'refusal' }, STOP_REASONS);
}

/** The service failed on the row, or found fault with it after it had accepted it. */
function failed(
  error: Wire,
  answer: { readonly response: string; readonly usage: Usage | undefined },
): Ending {
  const stopReason = wordOf(error['code']) ?? 'failed';
  const message = wordOf(error['message']) ?? 'The service failed on this row.';
  const usage = answer.usage === undefined ? {} : { usage: answer.usage };
  if (REFUSED.has(stopReason))
    return { outcome: 'refused', stopReason, response: answer.response || message, ...usage };
  const code = PERMANENT.test(stopReason) ? 'permanent' : 'transient';
  return { outcome: code, stopReason, response: answer.response, ...usage, error: { code, message } };
}

/** The service's input includes what was cached, and its output what was thought. */
function usageOf(usage: Wire): Usage | undefined {
  const total = countOf(usage['input_tokens']);
  const output = countOf(usage['output_tokens']);
  const cached = countsOf(recordOf(usage['input_tokens_details']), 'cached_tokens', 'cache_write_tokens');
  if (total === undefined || output === undefined || cached === undefined) return undefined;
  return {
    input: Math.max(0, total - cached.cached_tokens - cached.cache_write_tokens),
    cacheRead: cached.cached_tokens,
    cacheWrite: cached.cache_write_tokens,
    output,
    thinking: countOf(recordOf(usage['output_tokens_details'])['reasoning_tokens']) ?? 0,
  };
}
