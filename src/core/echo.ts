import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { jsonIn } from './answerCheck.ts';
import { ValidationError } from './errors.ts';
import { base32 } from './ids.ts';
import type { Job, JsonSchema } from './job.ts';
import type { ModelConfig } from './modelConfig.ts';
import type { RowResult } from './provider.ts';

/*
 * Answers are joined by the ids that services give back with them. A service may still put an answer under another row's
 * id, and nothing on this side could see it. So, on demand, a request asks for a short token of its own to be given back
 * with the answer: an answer without it is not taken for the row's.
 */

const TOKEN_DIGITS = 6;
/** Most tokens that giving it back adds to an answer. */
const ANSWER_TOKENS = 24;
/** The property of a structured answer that holds it, where the person's schema has none of that name. */
const PROPERTY = 'batchbook_check';
/** What a root schema may not have, since then its properties are not all of the answer's. */
const INDIRECT = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const'] as const;

const NOT_OURS =
  "The answer does not give back the token of its row: it may be another row's answer, or the model has left the token out.";
const NO_TEXT = 'The answer has nothing beside the token of its row.';

/** Any token, for what only its length matters to. */
export const SOME_TOKEN = echoToken('', 0);

/** The token of a row in one batch: another attempt has another. */
export function echoToken(nonce: string, ordinal: number): string {
  const hash = createHash('sha256')
    .update(`${nonce}-${String(ordinal)}`)
    .digest();
  return base32(hash.subarray(0, TOKEN_DIGITS)).toUpperCase();
}

/** Most tokens of an answer, its token included: what is sent as the limit, and reserved for. */
export function answerTokens(
  { maxTokens, echo }: { readonly maxTokens: number; readonly echo?: boolean | undefined },
  model: Pick<ModelConfig, 'maxOutputTokens'>,
): number {
  if (echo !== true) return maxTokens;
  return Math.max(maxTokens, Math.min(maxTokens + ANSWER_TOKENS, model.maxOutputTokens));
}

/**
 * The job as it is sent, asking for the token; the same job where it does not want that. The request's own words name
 * it, at their end: a schema that differs from row to row would be compiled for each, and keep what rows share out of
 * every cache.
 *
 * @throws ValidationError `validation` where the schema has no place for it, see `echoIssue`.
 */
export function withEcho(job: Job, token: string): Job {
  const { echo, responseSchema: schema } = job;
  if (echo !== true) return job;
  if (schema === undefined)
    return asking(job, `End your answer with one more line that says [${token}] and nothing else.`);
  const issue = echoIssue(schema);
  if (issue !== undefined) throw new ValidationError('validation', issue);
  const name = propertyFor(schema);
  return asking(
    { ...job, responseSchema: withProperty(schema, name) },
    `Set the property "${name}" to "${token}".`,
  );
}

/** Why a token cannot be part of the answers that a schema asks for, or `undefined`. */
export function echoIssue(schema: JsonSchema): string | undefined {
  const isPlain = isRecord(schema['properties']) && INDIRECT.every((keyword) => !(keyword in schema));
  if (isPlain && !JSON.stringify(schema).includes('"$ref":"#"')) return undefined;
  return '"echo" needs a schema whose answers are objects with named properties, which refer to no schema around them: put the answer into a property, or leave "echo" out.';
}

/**
 * An answer without the token that was asked for. One that does not have it is never ok: it ends invalid with its text
 * kept as it came. How an answer ended that was cut off or refused stays as it is.
 */
export function withoutEcho(result: RowResult, schema: JsonSchema | undefined, token: string): RowResult {
  const { response = '', outcome } = result;
  const place =
    schema === undefined ? placeAtEnd(response, token) : placeOf(response, propertyFor(schema), token);
  if (place === undefined) return outcome === 'ok' ? unusable(result, NOT_OURS) : result;
  const rest = cutFrom(result, schema, place);
  return outcome === 'ok' && rest.response?.trim() === '' ? unusable(rest, NO_TEXT) : rest;
}

type Place = readonly [start: number, end: number];

function asking(job: Job, request: string): Job {
  const { messages } = job;
  const appended = (text: string): string => (text === '' ? request : `${text}\n\n${request}`);
  if (messages === undefined) return { ...job, prompt: appended(job.prompt ?? '') };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return {
    ...job,
    messages: messages.map((message, i) =>
      i === last ? { ...message, content: appended(message.content) } : message,
    ),
  };
}

function propertyFor(schema: JsonSchema): string {
  const taken = isRecord(schema['properties']) ? schema['properties'] : {};
  let name = PROPERTY;
  while (Object.hasOwn(taken, name)) name += '_';
  return name;
}

function withProperty(schema: JsonSchema, name: string): JsonSchema {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const token = { type: 'string', description: 'The token that the request names.' };
  return { ...schema, properties: { ...properties, [name]: token }, required: [...required, name] };
}

/** A token at the end, in whatever brackets, quotes or emphasis. */
function placeAtEnd(response: string, token: string): Place | undefined {
  const found = new RegExp(
    String.raw`\s*[[(<{"'*_#${'`'}]*(?<![\p{L}\p{N}])${token}[\])>}"'*_${'`'}.\s]*$`,
    'iu',
  ).exec(response);
  return found === null ? undefined : [found.index, response.length];
}

/** The property of the answer's object, with the comma beside it. */
function placeOf(response: string, name: string, token: string): Place | undefined {
  const found = jsonIn(response);
  if (found === undefined || !isRecord(found.value)) return undefined;
  const { [name]: given, ...rest } = found.value;
  if (given !== token) return undefined;
  const pair = String.raw`"${name}"\s*:\s*"${token}"`;
  const places = found.text.matchAll(new RegExp(String.raw`\s*,\s*${pair}|${pair}\s*,?`, 'g'));
  for (const { index, 0: text } of places) {
    const end = index + text.length;
    const without = jsonIn(found.text.slice(0, index) + found.text.slice(end));
    if (isDeepStrictEqual(without?.value, rest)) return [found.offset + index, found.offset + end];
  }
  return undefined;
}

function cutFrom(result: RowResult, schema: JsonSchema | undefined, [start, end]: Place): RowResult {
  const { response = '', parsedResponse, citations } = result;
  const moved = (at: number): number => (at <= start ? at : Math.max(start, at - (end - start)));
  return {
    ...result,
    response: response.slice(0, start) + response.slice(end),
    ...(schema !== undefined && isRecord(parsedResponse)
      ? { parsedResponse: without(parsedResponse, propertyFor(schema)) }
      : {}),
    ...(citations === undefined
      ? {}
      : {
          citations: citations.map(({ answerRange, ...citation }) =>
            answerRange === undefined
              ? citation
              : { ...citation, answerRange: [moved(answerRange[0]), moved(answerRange[1])] as const },
          ),
        }),
  };
}

function unusable({ parsedResponse: _parsed, ...result }: RowResult, message: string): RowResult {
  return { ...result, outcome: 'invalid', error: { code: 'invalid', message } };
}

function without(value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
