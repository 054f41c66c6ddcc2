import { NO_TEXT, answerTo, type FakeRow, type Work } from '../fakeBatch.ts';
import type { FakePlan } from '../fakePlan.ts';
import { bodyOf, type Body } from './requests.ts';

/** What the service makes of a row: it finds only now what is wrong with its parameters. */
export function workOn(row: FakeRow, plan: FakePlan): Work {
  const body = bodyOf(row);
  const outcome = wrongBody(body) === undefined ? row.outcome : 'permanent';
  if (outcome === 'permanent' || outcome === 'transient')
    return { model: body.model, outcome, text: NO_TEXT, usage: undefined };
  return { model: body.model, outcome, ...answerTo(askedBy(body), plan) };
}

/** Tokens are counted of this. */
export function askedBy({ instructions = '', input }: Pick<Body, 'instructions' | 'input'>): string {
  const parts = typeof input === 'string' ? [input] : input.map(({ content }) => content);
  const texts = [instructions, ...parts].flatMap((part) =>
    typeof part === 'string'
      ? [part]
      : part.map(({ text, file_data: file, image_url: image }) => text ?? file ?? image ?? ''),
  );
  return texts.join('\n').trim();
}

/** A line of the output file, or of the error file where the row was refused. */
export function resultLine(row: FakeRow, work: Work, customId: string | undefined): unknown {
  return {
    id: `batch_req_${row.customId.replace('-', '')}`,
    custom_id: customId,
    response: responseTo(row, work),
    error: null,
  };
}

/** The line of a row that was not worked on. */
export function restLine(customId: string, status: 'expired' | 'cancelled'): unknown {
  const [code, message] =
    status === 'expired'
      ? ['batch_expired', 'This request could not be executed before the completion window expired.']
      : ['batch_cancelled', 'This request was cancelled before it was executed.'];
  return {
    id: `batch_req_${customId.replace('-', '')}`,
    custom_id: customId,
    response: null,
    error: { code, message },
  };
}

function responseTo(row: FakeRow, work: Work): unknown {
  const request_id = `req_${row.customId.replace('-', '')}`;
  const failed = (status_code: number, message: string, type: string, code: string): unknown => ({
    status_code,
    request_id,
    body: { error: { message, type, param: null, code } },
  });
  if (work.outcome === 'transient')
    return failed(429, 'Rate limit reached for requests.', 'requests', 'rate_limit_exceeded');
  const sent = bodyOf(row);
  if (work.outcome === 'permanent') {
    const [code, message] = wrongBody(sent) ?? ['invalid_value', 'This request cannot be answered.'];
    return failed(400, message, 'invalid_request_error', code);
  }
  return { status_code: 200, request_id, body: responseBody(row, sent, work) };
}

function responseBody(row: FakeRow, sent: Body, { outcome, text, usage }: Work): unknown {
  const id = row.customId.replace('-', '');
  const part =
    outcome === 'refused'
      ? { type: 'refusal', refusal: 'I will not.' }
      : { type: 'output_text', text: text(), annotations: [] };
  const input = (usage?.input ?? 0) + (usage?.cacheRead ?? 0) + (usage?.cacheWrite ?? 0);
  const output = usage?.output ?? 0;
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: 1_764_000_000,
    status: outcome === 'truncated' ? 'incomplete' : 'completed',
    incomplete_details: outcome === 'truncated' ? { reason: 'max_output_tokens' } : null,
    access_programs: null,
    error: null,
    instructions: sent.instructions ?? null,
    metadata: {},
    model: sent.model,
    output: [
      { type: 'reasoning', id: `rs_${id}`, summary: [] },
      { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content: [part] },
    ],
    parallel_tool_calls: true,
    temperature: sent.temperature ?? 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: {
      // What was cached is part of it, as is what was thought of the output.
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage?.cacheRead, cache_write_tokens: usage?.cacheWrite },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: usage?.thinking },
      total_tokens: input + output,
    },
  };
}

function wrongBody(body: Body): readonly [code: string, message: string] | undefined {
  if ('max_tokens' in body) return ['unsupported_parameter', "Unsupported parameter: 'max_tokens'."];
  if (body.temperature !== undefined && !body.model.startsWith('gpt-4'))
    return ['unsupported_value', "Unsupported parameter: 'temperature' is not supported with this model."];
  return undefined;
}
