import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RowResult } from '../../../src/core/provider.ts';
import { ATTEMPT_OUTCOMES } from '../../../src/core/vocabulary.ts';
import { toRowResult as ofAnthropic } from '../../../src/providers/anthropic/rows.ts';
import { toRowResult as ofGemini } from '../../../src/providers/gemini/rows.ts';
import { toRowResult as ofOpenAI } from '../../../src/providers/openai/rows.ts';

type Parser = (line: string) => RowResult;
type Outcome = RowResult['outcome'];
const PARSERS: readonly (readonly [string, Parser])[] = [
  ['Anthropic', ofAnthropic],
  ['OpenAI', ofOpenAI],
  ['Gemini', ofGemini],
];

const anthropicLine = (result: unknown): string => JSON.stringify({ custom_id: 'a', result });
const message = (stop_reason: unknown, texts: readonly string[] = ['An answer.']): string =>
  anthropicLine({
    type: 'succeeded',
    message: {
      content: texts.map((text) => ({ type: 'text', text, citations: null })),
      stop_reason,
      usage: { input_tokens: 12, output_tokens: 20 },
    },
  });

const openaiLine = (response: unknown, error: unknown = null): string =>
  JSON.stringify({ id: 'batch_req_1', custom_id: 'a', response, error });
const openaiBody = (body: object, status = 200): string =>
  openaiLine({
    status_code: status,
    request_id: 'r',
    body: { usage: { input_tokens: 12, output_tokens: 20 }, ...body },
  });
const said = (...texts: readonly string[]): object => ({
  output: [
    { type: 'reasoning', summary: [] },
    { type: 'message', content: texts.map((text) => ({ type: 'output_text', text, annotations: [] })) },
  ],
});

const geminiLine = (line: object): string => JSON.stringify({ ...line, key: 'a' });
const candidate = (finishReason: unknown, parts: readonly unknown[] = [{ text: 'An answer.' }]): string =>
  geminiLine({
    response: {
      candidates: [{ content: { parts, role: 'model' }, finishReason, index: 0 }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 20 },
    },
  });

interface Row {
  readonly what: string;
  readonly line: string;
  readonly parse: Parser;
  readonly outcome: Outcome;
  readonly stopReason?: string;
  readonly response?: string;
  /** Tokens of the answer; `free`: the service says that nothing was billed, or nothing was worked on. */
  readonly paid?: number | 'free';
  readonly error?: RegExp;
}

const TABLE: readonly Row[] = [
  // Anthropic: every stop reason of the SDK, and one that it does not know.
  ...(
    [
      ['end_turn', 'ok'],
      ['stop_sequence', 'ok'],
      ['tool_use', 'ok'],
      ['max_tokens', 'truncated'],
      ['model_context_window_exceeded', 'contextFull'],
      ['pause_turn', 'truncated'],
      ['refusal', 'refused'],
      ['took_a_nap', 'truncated'],
    ] as const
  ).map(([reason, outcome]): Row => ({
    what: `Anthropic, stop reason ${reason}`,
    line: message(reason),
    parse: ofAnthropic,
    outcome,
    stopReason: reason,
    response: 'An answer.',
    paid: 20,
  })),
  {
    what: 'Anthropic, no stop reason',
    line: message(null),
    parse: ofAnthropic,
    outcome: 'truncated',
    response: 'An answer.',
    paid: 20,
  },
  {
    what: 'Anthropic, one sentence in several blocks, between thoughts',
    line: anthropicLine({
      type: 'succeeded',
      message: {
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 's' },
          { type: 'text', text: 'The grass' },
          { type: 'redacted_thinking', data: 'x' },
          { type: 'text', text: ' is green.' },
        ],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 2 },
      },
    }),
    parse: ofAnthropic,
    outcome: 'ok',
    stopReason: 'end_turn',
    response: 'The grass is green.',
    paid: 2,
  },
  {
    what: 'Anthropic, ended well without a text',
    line: message('end_turn', []),
    parse: ofAnthropic,
    outcome: 'invalid',
    stopReason: 'end_turn',
    response: '',
    paid: 20,
    error: /without any text/,
  },
  {
    what: 'Anthropic, ended well with white space',
    line: message('end_turn', [' ', '\n']),
    parse: ofAnthropic,
    outcome: 'invalid',
    stopReason: 'end_turn',
    response: ' \n',
    paid: 20,
    error: /without any text/,
  },
  {
    what: 'Anthropic, cut off before the first word',
    line: message('max_tokens', []),
    parse: ofAnthropic,
    outcome: 'truncated',
    stopReason: 'max_tokens',
    response: '',
    paid: 20,
  },
  {
    what: 'Anthropic, refused with the reason beside it',
    line: anthropicLine({
      type: 'succeeded',
      message: {
        content: [],
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', category: 'bio', explanation: 'Not this.' },
        usage: { input_tokens: 1, output_tokens: 2 },
      },
    }),
    parse: ofAnthropic,
    outcome: 'refused',
    stopReason: 'refusal',
    response: 'Not this.',
    paid: 2,
  },
  ...(
    [
      ['invalid_request_error', 'permanent'],
      ['authentication_error', 'permanent'],
      ['permission_error', 'permanent'],
      ['not_found_error', 'permanent'],
      ['request_too_large', 'permanent'],
      ['billing_error', 'transient'],
      ['rate_limit_error', 'transient'],
      ['api_error', 'transient'],
      ['timeout_error', 'transient'],
      ['overloaded_error', 'transient'],
      ['invented_error', 'transient'],
    ] as const
  ).map(([type, outcome]): Row => ({
    what: `Anthropic, errored with ${type}`,
    line: anthropicLine({
      type: 'errored',
      error: { type: 'error', error: { type, message: 'Because.' }, request_id: null },
    }),
    parse: ofAnthropic,
    outcome,
    stopReason: type,
    paid: 'free',
    error: /^Because\.$/,
  })),
  {
    what: 'Anthropic, errored without a reason',
    line: anthropicLine({ type: 'errored', error: null }),
    parse: ofAnthropic,
    outcome: 'transient',
    stopReason: 'api_error',
    paid: 'free',
    error: /gave no reason/,
  },
  {
    what: 'Anthropic, cancelled',
    line: anthropicLine({ type: 'canceled' }),
    parse: ofAnthropic,
    outcome: 'cancelled',
    paid: 'free',
  },
  {
    what: 'Anthropic, expired',
    line: anthropicLine({ type: 'expired' }),
    parse: ofAnthropic,
    outcome: 'expired',
    paid: 'free',
    error: /expired/,
  },
  {
    what: 'Anthropic, a result of a type that nobody knows',
    line: anthropicLine({ type: 'postponed' }),
    parse: ofAnthropic,
    outcome: 'transient',
    error: /cannot be read/,
  },
  {
    what: 'Anthropic, succeeded without a message',
    line: anthropicLine({ type: 'succeeded' }),
    parse: ofAnthropic,
    outcome: 'truncated',
    response: '',
  },

  // OpenAI.
  {
    what: 'OpenAI, completed after reasoning items',
    line: openaiBody({ status: 'completed', ...said('An ', 'answer.') }),
    parse: ofOpenAI,
    outcome: 'ok',
    stopReason: 'completed',
    response: 'An answer.',
    paid: 20,
  },
  {
    what: 'OpenAI, completed with a commentary before the answer',
    line: openaiBody({
      status: 'completed',
      output: [
        { type: 'message', phase: 'commentary', content: [{ type: 'output_text', text: 'Let me see.' }] },
        { type: 'message', phase: 'final_answer', content: [{ type: 'output_text', text: '{"a":1}' }] },
      ],
    }),
    parse: ofOpenAI,
    outcome: 'ok',
    stopReason: 'completed',
    response: '{"a":1}',
    paid: 20,
  },
  {
    what: 'OpenAI, completed with reasoning alone',
    line: openaiBody({ status: 'completed', output: [{ type: 'reasoning', summary: [] }] }),
    parse: ofOpenAI,
    outcome: 'invalid',
    stopReason: 'completed',
    response: '',
    paid: 20,
    error: /without any text/,
  },
  ...(
    [
      ['max_output_tokens', 'truncated'],
      ['content_filter', 'refused'],
      ['max_messages', 'truncated'],
      ['steered', 'truncated'],
      ['took_a_nap', 'truncated'],
    ] as const
  ).map(([reason, outcome]): Row => ({
    what: `OpenAI, incomplete for ${reason}`,
    line: openaiBody({ status: 'incomplete', incomplete_details: { reason }, ...said('An ans') }),
    parse: ofOpenAI,
    outcome,
    stopReason: reason,
    response: 'An ans',
    paid: 20,
  })),
  {
    what: 'OpenAI, incomplete without a reason',
    line: openaiBody({ status: 'incomplete', incomplete_details: null, ...said('An ans') }),
    parse: ofOpenAI,
    outcome: 'truncated',
    stopReason: 'incomplete',
    response: 'An ans',
    paid: 20,
  },
  ...(['in_progress', 'queued', 'cancelled', 'hibernating'] as const).map((status): Row => ({
    what: `OpenAI, a response that is ${status}`,
    line: openaiBody({ status, ...said('An ans') }),
    parse: ofOpenAI,
    outcome: 'truncated',
    stopReason: status,
    response: 'An ans',
    paid: 20,
  })),
  {
    what: 'OpenAI, a refusal',
    line: openaiBody({
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'I cannot.' }] }],
    }),
    parse: ofOpenAI,
    outcome: 'refused',
    stopReason: 'refusal',
    response: 'I cannot.',
    paid: 20,
  },
  ...(
    [
      ['server_error', 'transient'],
      ['rate_limit_exceeded', 'transient'],
      ['vector_store_timeout', 'transient'],
      ['invented_error', 'transient'],
      ['invalid_prompt', 'permanent'],
      ['data_residency_mismatch', 'permanent'],
      ['invalid_image', 'permanent'],
      ['invalid_image_format', 'permanent'],
      ['invalid_base64_image', 'permanent'],
      ['invalid_image_url', 'permanent'],
      ['image_too_large', 'permanent'],
      ['image_too_small', 'permanent'],
      ['image_parse_error', 'permanent'],
      ['invalid_image_mode', 'permanent'],
      ['image_file_too_large', 'permanent'],
      ['unsupported_image_media_type', 'permanent'],
      ['empty_image_file', 'permanent'],
      ['failed_to_download_image', 'permanent'],
      ['image_file_not_found', 'permanent'],
    ] as const
  ).map(([code, outcome]): Row => ({
    what: `OpenAI, failed with ${code}`,
    line: openaiBody({ status: 'failed', error: { code, message: 'Because.' }, ...said('An ans') }),
    parse: ofOpenAI,
    outcome,
    stopReason: code,
    response: 'An ans',
    paid: 20,
    error: /^Because\.$/,
  })),
  ...(['bio_policy', 'misalignment_policy_violation', 'image_content_policy_violation'] as const).map(
    (code): Row => ({
      what: `OpenAI, failed with ${code}`,
      line: openaiBody({ status: 'failed', error: { code, message: 'Not this.' } }),
      parse: ofOpenAI,
      outcome: 'refused',
      stopReason: code,
      response: 'Not this.',
      paid: 20,
    }),
  ),
  ...(
    [
      [0, 'transient', undefined], // tidyverse/ellmer#830
      [400, 'permanent', 'free'],
      [401, 'permanent', 'free'],
      [403, 'permanent', 'free'],
      [404, 'permanent', 'free'],
      [408, 'transient', undefined],
      [409, 'transient', 'free'],
      [413, 'permanent', 'free'],
      [422, 'permanent', 'free'],
      [429, 'transient', 'free'],
      [500, 'transient', undefined],
      [502, 'transient', undefined],
      [503, 'transient', undefined],
    ] as const
  ).map(([status, outcome, paid]): Row => ({
    // The error sits in the body, and `error` is null: openai/openai-openapi#302.
    what: `OpenAI, answered with status ${String(status)}`,
    line: openaiLine({ status_code: status, body: { error: { message: 'Because.', code: 'a_code' } } }),
    parse: ofOpenAI,
    outcome,
    stopReason: 'a_code',
    ...(paid === undefined ? {} : { paid }),
    error: /^Because\.$/,
  })),
  {
    what: 'OpenAI, a status alone',
    line: openaiLine({ status_code: 500, body: null }),
    parse: ofOpenAI,
    outcome: 'transient',
    stopReason: '500',
    error: /status 500/,
  },
  {
    what: 'OpenAI, status 200 with an error for a body',
    line: openaiLine({ status_code: 200, body: { error: { message: 'Because.' } } }),
    parse: ofOpenAI,
    outcome: 'transient',
    stopReason: 'failed',
    response: '',
    error: /^Because\.$/,
  },
  ...(
    [
      ['batch_expired', 'expired', 'free'],
      ['request_timeout', 'transient', undefined],
      ['invented', 'transient', undefined],
    ] as const
  ).map(([code, outcome, paid]): Row => ({
    what: `OpenAI, never answered for ${code}`,
    line: openaiLine(null, { code, message: 'Because.' }),
    parse: ofOpenAI,
    outcome,
    stopReason: code,
    ...(paid === undefined ? {} : { paid }),
    error: /^Because\.$/,
  })),
  {
    what: 'OpenAI, never answered for batch_cancelled',
    line: openaiLine(null, { code: 'batch_cancelled', message: 'Because.' }),
    parse: ofOpenAI,
    outcome: 'cancelled',
    stopReason: 'batch_cancelled',
    paid: 'free',
  },
  {
    what: 'OpenAI, neither response nor error',
    line: openaiLine(null),
    parse: ofOpenAI,
    outcome: 'transient',
    error: /cannot be read/,
  },

  // Gemini: every finish reason of the SDK, and one that it does not know.
  ...(
    [
      ['STOP', 'ok'],
      ['MAX_TOKENS', 'truncated'],
      ['SAFETY', 'refused'],
      ['RECITATION', 'refused'],
      ['LANGUAGE', 'refused'],
      ['BLOCKLIST', 'refused'],
      ['PROHIBITED_CONTENT', 'refused'],
      ['SPII', 'refused'],
      ['IMAGE_SAFETY', 'refused'],
      ['IMAGE_PROHIBITED_CONTENT', 'refused'],
      ['IMAGE_RECITATION', 'refused'],
      ['FINISH_REASON_UNSPECIFIED', 'truncated'],
      ['OTHER', 'truncated'],
      ['MALFORMED_FUNCTION_CALL', 'truncated'],
      ['MALFORMED_RESPONSE', 'truncated'],
      ['UNEXPECTED_TOOL_CALL', 'truncated'],
      ['TOO_MANY_TOOL_CALLS', 'truncated'],
      ['NO_IMAGE', 'truncated'],
      ['IMAGE_OTHER', 'truncated'],
      ['CONTINUATION', 'truncated'],
      ['TOOK_A_NAP', 'truncated'],
    ] as const
  ).map(([reason, outcome]): Row => ({
    what: `Gemini, finish reason ${reason}`,
    line: candidate(reason),
    parse: ofGemini,
    outcome,
    stopReason: reason,
    response: 'An answer.',
    paid: 20,
  })),
  {
    what: 'Gemini, no finish reason',
    line: candidate(undefined),
    parse: ofGemini,
    outcome: 'truncated',
    response: 'An answer.',
    paid: 20,
  },
  {
    what: 'Gemini, thoughts between the parts of an answer',
    line: candidate('STOP', [
      { text: 'Hm.', thought: true },
      { text: 'An ' },
      { inlineData: {} },
      { text: 'answer.' },
    ]),
    parse: ofGemini,
    outcome: 'ok',
    stopReason: 'STOP',
    response: 'An answer.',
    paid: 20,
  },
  {
    what: 'Gemini, thoughts alone',
    line: candidate('STOP', [{ text: 'Hm.', thought: true }]),
    parse: ofGemini,
    outcome: 'invalid',
    stopReason: 'STOP',
    response: '',
    paid: 20,
    error: /without any text/,
  },
  {
    what: 'Gemini, a candidate without content',
    line: geminiLine({
      response: {
        candidates: [{ finishReason: 'MAX_TOKENS', index: 0 }],
        usageMetadata: { promptTokenCount: 8, thoughtsTokenCount: 90 },
      },
    }),
    parse: ofGemini,
    outcome: 'truncated',
    stopReason: 'MAX_TOKENS',
    response: '',
    paid: 90,
  },
  ...(
    ['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'IMAGE_SAFETY', 'JAILBREAK', 'INVENTED'] as const
  ).map((blockReason): Row => ({
    what: `Gemini, a prompt that was blocked for ${blockReason}`,
    line: geminiLine({
      response: { promptFeedback: { blockReason }, usageMetadata: { promptTokenCount: 9 } },
    }),
    parse: ofGemini,
    outcome: 'refused',
    stopReason: blockReason,
    response: '',
    paid: 0,
  })),
  {
    what: 'Gemini, neither a candidate nor a reason why not',
    line: geminiLine({ response: { usageMetadata: { promptTokenCount: 9 } } }),
    parse: ofGemini,
    outcome: 'transient',
    paid: 0,
    error: /no answer/,
  },
  ...Array.from({ length: 16 }, (_, i) => i + 1).map((code): Row => {
    const outcome = [3, 5, 6, 7, 9, 11, 12, 16].includes(code) ? 'permanent' : 'transient';
    return {
      what: `Gemini, error code ${String(code)}`,
      line: geminiLine({ error: { code, message: 'Because.' } }),
      parse: ofGemini,
      outcome,
      stopReason: `code ${String(code)}`,
      error: /^Because\.$/,
    };
  }),
  ...(
    [
      [400, 'permanent'],
      [404, 'permanent'],
      [408, 'transient'],
      [409, 'transient'],
      [429, 'transient'],
      [500, 'transient'],
      [503, 'transient'],
    ] as const
  ).map(([code, outcome]): Row => ({
    what: `Gemini, an error with the status ${String(code)} of HTTP`,
    line: geminiLine({ error: { code, message: 'Because.', status: 'A_STATUS' } }),
    parse: ofGemini,
    outcome,
    stopReason: `code ${String(code)}`,
    error: /^Because\.$/,
  })),
  {
    what: 'Gemini, an error without a code',
    line: geminiLine({ error: {} }),
    parse: ofGemini,
    outcome: 'transient',
    stopReason: 'error',
    error: /gave no reason/,
  },
  {
    what: 'Gemini, a list for a response',
    line: geminiLine({ response: [{ candidates: [] }] }),
    parse: ofGemini,
    outcome: 'transient',
    error: /cannot be read/,
  },
  {
    what: 'Gemini, neither response nor error',
    line: geminiLine({}),
    parse: ofGemini,
    outcome: 'transient',
    error: /cannot be read/,
  },
];

describe('b-15 The endings of a row', () => {
  for (const { what, line, parse, outcome, stopReason, response, paid, error } of TABLE) {
    it(`${what}: ${outcome}`, () => {
      const result = parse(line);
      assert.equal(result.customId, 'a');
      assert.equal(result.outcome, outcome);
      assert.equal(result.stopReason, stopReason);
      assert.equal(result.response, response, 'the text is kept as it came');
      const usage = result.usage;
      assert.deepEqual(
        usage === undefined ? undefined : usage.input === 0 ? 'free' : usage.output,
        paid,
        'what is known of the cost',
      );
      if (error === undefined) assert.equal(result.error, undefined);
      else assert.match(result.error?.message ?? '', error);
      if (result.error !== undefined) assert.equal(result.error.code, outcome);
    });
  }

  it('have a name each, so that none is tried twice', () => {
    const names = TABLE.map(({ what }) => what);
    assert.equal(new Set(names).size, names.length);
  });

  it('that no table names are asked for once more at most, and never sent again and again', () => {
    for (const line of [message('took_a_nap'), message('end_turn', [])])
      assert.ok(['truncated', 'invalid'].includes(ATTEMPT_OUTCOMES[ofAnthropic(line).outcome].budget));
  });

  it('are read from the properties of a line alone: not from what every object has', () => {
    for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      assert.equal(ofAnthropic(message(word)).outcome, 'truncated');
      assert.equal(ofOpenAI(openaiBody({ status: word, ...said('x') })).outcome, 'truncated');
      assert.equal(ofGemini(candidate(word)).outcome, 'truncated');
    }
  });
});

const OK_LINES: Readonly<Record<string, string>> = {
  Anthropic: message('end_turn'),
  OpenAI: openaiBody({ status: 'completed', ...said('An answer.') }),
  Gemini: candidate('STOP'),
};

describe('b-21 A line that is not as documented', () => {
  for (const [name, parse] of PARSERS) {
    const ok = OK_LINES[name] ?? '';

    it(`of ${name} may begin with a byte order mark, end in a carriage return or have spaces around it`, () => {
      for (const line of [ok, `\uFEFF${ok}`, `${ok}\r`, `  ${ok}\t\r`, `\uFEFF${ok}\r`])
        assert.deepEqual(parse(line), parse(ok));
      assert.equal(parse(ok).outcome, 'ok');
    });

    it(`of ${name} is nobody's and not ok where it is no JSON object`, () => {
      for (const line of [
        '',
        ' ',
        'null',
        '1',
        '"a"',
        '[]',
        '[{"custom_id":"a","key":"a"}]',
        '{',
        ok.slice(0, -1),
      ]) {
        const result = parse(line);
        assert.equal(result.customId, undefined, line);
        assert.equal(result.outcome, 'transient', line);
      }
    });

    it(`of ${name} is nobody's where its id is none`, () => {
      for (const id of [undefined, null, 7, true, {}, ['a'], '']) {
        const line = JSON.parse(ok) as Record<string, unknown>;
        const { customId } = parse(JSON.stringify({ ...line, custom_id: id, key: id }));
        assert.equal(customId, undefined, JSON.stringify(id));
      }
    });

    it(`of ${name} never throws, and is ok only with a text and an end that are documented`, () => {
      const paths = pathsOf(JSON.parse(ok));
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.tuple(fc.constantFrom(...paths), junk()), {
            minLength: 1,
            maxLength: 3,
            selector: ([path]) => path.join('/'),
          }),
          (changes) => {
            const value = changes.reduce<unknown>(
              (line, [path, to]) => replaced(line, path, to),
              JSON.parse(ok),
            );
            assertSound(name, JSON.stringify(value), parse);
          },
        ),
        { numRuns: 3000 },
      );
    });

    it(`of ${name} never throws whatever it is`, () => {
      fc.assert(
        fc.property(fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })), (line) => {
          assertSound(name, line, parse);
        }),
        { numRuns: 1000 },
      );
    });

    it(`of ${name} with tokens that cannot be has no usage, so that its cost counts as unconfirmed (P3)`, () => {
      const usagePaths = pathsOf(JSON.parse(ok)).filter((path) => /tok/i.test(String(path.at(-1))));
      assert.ok(usagePaths.length >= 2);
      for (const path of usagePaths)
        for (const count of ['12', -1, 1.5, 2 ** 53, 1e300, true, {}, [5]]) {
          const result = parse(JSON.stringify(replaced(JSON.parse(ok), path, count)));
          assert.equal(result.usage, undefined, `${path.join('.')} = ${JSON.stringify(count)}`);
          assert.equal(result.outcome, 'ok', 'the answer itself is there');
        }
    });
  }
});

/** What must hold of any line at all. */
function assertSound(name: string, line: string, parse: Parser): void {
  const result = parse(line);
  assert.ok(result.customId === undefined || (typeof result.customId === 'string' && result.customId !== ''));
  assert.ok(Object.hasOwn(ATTEMPT_OUTCOMES, result.outcome));
  for (const count of Object.values(result.usage ?? {})) assert.ok(Number.isSafeInteger(count) && count >= 0);
  assert.ok(result.response === undefined || typeof result.response === 'string');
  if (result.error !== undefined) assert.ok(result.error.message !== '');
  if (result.outcome !== 'ok') return;
  const end = { Anthropic: /^(?:end_turn|stop_sequence|tool_use)$/, OpenAI: /^completed$/, Gemini: /^STOP$/ }[
    name
  ];
  assert.match(result.stopReason ?? '', end ?? /^$/);
  assert.ok((result.response ?? '').trim() !== '');
  assert.equal(result.error, undefined);
}

/** Values that a field may turn out to have. */
function junk(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      '',
      'x',
      0,
      -1,
      1e300,
      2 ** 60,
      NaN,
      true,
      false,
      {},
      [],
      [null],
      [[]],
      {
        length: 3,
      },
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
}

type Path = readonly (string | number)[];

/** Every place in a value, the value itself not included. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsOf(inner, path)];
  });
}

/** The value with another one at a place; places that are not there any more are left as they are. */
function replaced(value: unknown, [head, ...tail]: Path, to: unknown): unknown {
  if (head === undefined) return to;
  if (typeof value !== 'object' || value === null) return value;
  const inner = (value as Readonly<Record<string | number, unknown>>)[head];
  if (Array.isArray(value))
    return value.map((one: unknown, i) => (i === head ? replaced(one, tail, to) : one));
  return { ...value, [head]: replaced(inner, tail, to) };
}
