import type { Usage } from '../../../../src/core/job.ts';
import { NO_TEXT, answerTo, tokensOf, type FakeRow, type Work } from '../fakeBatch.ts';
import type { FakePlan } from '../fakePlan.ts';

/** What a row asks, as far as a fake looks at it. */
export interface Params {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
  readonly system?: string | readonly Block[];
  readonly temperature?: number;
  readonly stream?: boolean;
  readonly output_config?: { readonly format?: unknown };
}
interface Block {
  readonly type: string;
  readonly cache_control?: { readonly type: string; readonly ttl?: string };
  readonly text?: string;
  readonly title?: string;
  readonly citations?: { readonly enabled: boolean };
  readonly source?: { readonly type: string; readonly data?: string };
}

/** Tokens of the shortest prefix that is kept. */
const LEAST_KEPT = 4_096;

/** How a row ends that was not worked on. */
export type Rest = 'canceled' | 'expired';

/** A row's request. */
export function paramsOf({ bytes }: FakeRow): Params {
  return (JSON.parse(bytes.toString('utf8')) as { readonly params: Params }).params;
}

/** What the service makes of a row: it finds only now what is wrong with it. */
export function workOn(row: FakeRow, plan: FakePlan): Work {
  const params = paramsOf(row);
  const outcome = wrongParams(params) === undefined ? row.outcome : 'permanent';
  if (outcome === 'permanent' || outcome === 'transient')
    return { model: params.model, outcome, text: NO_TEXT, usage: undefined };
  const answer = answerTo(askedBy(params), plan);
  return { model: params.model, outcome, ...answer, usage: withCache(answer.usage, params, row) };
}

/** What a row begins with and asks to be kept; `undefined` where it asks for nothing, or it is too short to be kept. */
export function prefixOf({ system }: Params): string | undefined {
  if (typeof system === 'string' || system?.at(-1)?.cache_control === undefined) return undefined;
  const prefix = system.map(({ text }) => text ?? '').join('\n');
  return tokensOf(prefix) < LEAST_KEPT ? undefined : prefix;
}

/** The tokens of a prefix that is kept are read, or else written for the hour that was asked for. */
function withCache(usage: Usage, params: Params, { findsPrefix }: FakeRow): Usage {
  const prefix = prefixOf(params);
  if (prefix === undefined) return usage;
  const tokens = tokensOf(prefix);
  const cached = findsPrefix === true ? { cacheRead: tokens } : { cacheWrite1h: tokens };
  return { ...usage, input: usage.input - tokens, ...cached };
}

/** A line of the results. */
export function resultLine(row: FakeRow, work: Work, customId: string | undefined): unknown {
  return { custom_id: customId, result: resultOf(row, work) };
}

/** The line of a row that was not worked on. */
export function restLine(customId: string, rest: Rest): unknown {
  return { custom_id: customId, result: { type: rest } };
}

/** Tokens are counted of this. */
export function askedBy({ system = '', messages }: Pick<Params, 'system' | 'messages'>): string {
  const texts = [system, ...messages.map(({ content }) => content)].flatMap((part) =>
    typeof part === 'string' ? [part] : part.map(({ text, source }) => text ?? source?.data ?? ''),
  );
  return texts.join('\n').trim();
}

function resultOf(row: FakeRow, { outcome, model, text, usage }: Work): unknown {
  if (outcome === 'transient') return errored('overloaded_error', 'Overloaded');
  const params = paramsOf(row);
  if (outcome === 'permanent')
    return errored(
      'invalid_request_error',
      wrongParams(params) ?? 'messages: something that cannot be answered',
    );
  const answer = text();
  const message = {
    id: `msg_${row.customId.replace('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    // With citations one sentence comes in several blocks.
    content: [
      { type: 'text', text: answer.slice(0, 5), citations: null },
      { type: 'text', text: answer.slice(5), citations: citationsOf(params) },
    ],
    stop_reason: outcome === 'truncated' ? 'max_tokens' : outcome === 'refused' ? 'refusal' : 'end_turn',
    stop_sequence: null,
    stop_details:
      outcome === 'refused' ? { type: 'refusal', category: 'general_harms', explanation: 'No.' } : null,
    container: null,
    diagnostics: null,
    usage: {
      // What was cached is not part of it.
      input_tokens: usage?.input,
      cache_creation_input_tokens: (usage?.cacheWrite ?? 0) + (usage?.cacheWrite1h ?? 0),
      cache_read_input_tokens: usage?.cacheRead,
      cache_creation: {
        ephemeral_5m_input_tokens: usage?.cacheWrite,
        ephemeral_1h_input_tokens: usage?.cacheWrite1h,
      },
      output_tokens: usage?.output,
      output_tokens_details: { thinking_tokens: usage?.thinking },
      server_tool_use: null,
      service_tier: 'batch',
      inference_geo: null,
      speed: null,
    },
  };
  return { type: 'succeeded', message };
}

function errored(type: string, message: string): unknown {
  return { type: 'errored', error: { type: 'error', error: { type, message }, request_id: null } };
}

function wrongParams(params: Params): string | undefined {
  if (typeof params.max_tokens !== 'number') return 'max_tokens: Field required';
  if (params.stream === true) return 'stream: not supported in a batch';
  if (params.temperature !== undefined && !/-4-[56]/.test(params.model))
    return 'temperature: not supported by this model';
  if (citedDocument(params) !== undefined && params.output_config?.format !== undefined)
    return 'output_config.format: cannot be used together with citations';
  return undefined;
}

function citedDocument({ messages }: Params): Block | undefined {
  return messages
    .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    .find(({ type, citations }) => type === 'document' && citations?.enabled === true);
}

function citationsOf(params: Params): unknown {
  const document = citedDocument(params);
  if (document?.source?.type !== 'text') return null;
  const { data = '' } = document.source;
  return [
    {
      type: 'char_location',
      cited_text: data.slice(0, 20),
      document_index: 0,
      document_title: document.title ?? null,
      file_id: null,
      start_char_index: 0,
      end_char_index: Math.min(20, data.length),
    },
  ];
}
