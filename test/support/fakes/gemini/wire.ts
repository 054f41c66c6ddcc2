import { NO_TEXT, answerTo, type FakeRow, type Work } from '../fakeBatch.ts';
import type { FakePlan } from '../fakePlan.ts';

/** A line of an input file, as far as a fake looks at it. */
export interface Line {
  readonly key: string;
  readonly request: GenerateRequest;
}
export interface GenerateRequest {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content;
  readonly generationConfig?: Readonly<Record<string, unknown>>;
}
interface Content {
  readonly parts?: readonly { readonly text?: string; readonly inlineData?: { readonly data: string } }[];
}

/** Tokens of thinking in every answer, unless the plan says otherwise. */
const THINKING = 2;

/** What the service makes of a row. */
export function workOn(row: FakeRow, plan: FakePlan): Work {
  const { outcome, model = '' } = row;
  if (outcome === 'permanent' || outcome === 'transient')
    return { model, outcome, text: NO_TEXT, usage: undefined };
  const { request } = JSON.parse(row.bytes.toString('utf8')) as Line;
  const { text, usage } = answerTo(askedBy(request), plan, THINKING);
  // A prompt that is blocked is read and not answered.
  return outcome === 'refused'
    ? { model, outcome, text: NO_TEXT, usage: { ...usage, output: 0, thinking: 0 } }
    : { model, outcome, text, usage };
}

/** Tokens are counted of this. */
export function askedBy({ contents, systemInstruction }: GenerateRequest): string {
  const all = [...(systemInstruction === undefined ? [] : [systemInstruction]), ...contents];
  const parts = all.flatMap((content) => content.parts ?? []);
  return parts.map(({ text, inlineData }) => text ?? inlineData?.data ?? '').join('\n');
}

/** A line of the result file. As the service does, the key comes first in some and last in others. */
export function resultLine(row: FakeRow, work: Work, customId: string | undefined): unknown {
  const result = resultOf(row, work);
  return row.ordinal % 2 === 0 ? { ...result, key: customId } : { key: customId, ...result };
}

/** The line of a key that nobody sent. */
export function inventedLine(key: string): unknown {
  return { error: { code: 13, message: 'Internal error.' }, key };
}

function resultOf(row: FakeRow, { outcome, model, text, usage }: Work): Readonly<Record<string, unknown>> {
  if (outcome === 'transient') return { error: { code: 13, message: 'Internal error.' } };
  if (outcome === 'permanent') return { error: { code: 3, message: 'The request is invalid.' } };
  const cached = usage?.cacheRead ?? 0;
  const thoughts = usage?.thinking ?? 0;
  const prompt = (usage?.input ?? 0) + cached;
  const answered = (usage?.output ?? 0) - thoughts; // what was thought is not part of it
  const usageMetadata = {
    promptTokenCount: prompt,
    ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
    ...(answered > 0 ? { candidatesTokenCount: answered } : {}),
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: prompt + answered + thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  };
  const base = { responseId: `r${row.customId}`, modelVersion: model, usageMetadata };
  if (outcome === 'refused')
    return { response: { ...base, promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } };
  const parts = [...(thoughts > 0 ? [{ text: 'thinking', thought: true }] : []), { text: text() }];
  const finishReason = outcome === 'truncated' ? 'MAX_TOKENS' : 'STOP';
  return {
    response: { ...base, candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }] },
  };
}
