import { createHash } from 'node:crypto';
import type { Citation, JsonSchema, Usage } from '../../core/job.ts';
import type { MockOutcome } from './mockOptions.ts';
import { inputTokensOf, type MockRequest } from './mockRequest.ts';

/**
 * The default answer: text, or JSON that fits the schema. It depends on the first user message, the file and the schema
 * alone, so it is the same in whatever batch and attempt the row comes.
 */
export function defaultAnswer(request: MockRequest): string {
  const question = request.messages.find((message) => message.role === 'user')?.content ?? '';
  const digest = createHash('sha256')
    .update(JSON.stringify([question, request.file?.sha256 ?? null]))
    .digest('hex')
    .slice(0, 12);
  if (request.responseSchema !== undefined) return JSON.stringify(instanceOf(request.responseSchema, digest));
  const head = Array.from(question.replaceAll(/\s+/g, ' ').trim()).slice(0, 80).join('');
  return `Answer ${digest} to: ${head}`;
}

/** A small value that a JSON Schema of the usual keywords accepts. */
export function instanceOf(schema: JsonSchema, text: string): unknown {
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0] as unknown;
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return text;
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number'
        ? Math.ceil(schema['minimum'])
        : parseInt(text.slice(0, 4), 16);
    case 'boolean':
      return parseInt(text.slice(0, 1), 16) % 2 === 0;
    case 'null':
      return null;
    case 'array':
      return isSchema(schema['items']) ? [instanceOf(schema['items'], text)] : [];
    default: {
      const properties = isSchema(schema['properties']) ? schema['properties'] : {};
      return Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [
          name,
          isSchema(property) ? instanceOf(property, text) : text,
        ]),
      );
    }
  }
}

/** The answer as a model gives it that does what it is told: with the token that `core/echo.ts` asks for. */
export function withTokenAskedFor(request: MockRequest, answer: string): string {
  const question = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const line = / says (\[[0-9A-Z]+\]) and nothing else\.$/.exec(question)?.[1];
  if (line !== undefined) return `${answer}\n${line}`;
  const [, name, token] = /Set the property "(\w+)" to "([0-9A-Z]+)"\.$/.exec(question) ?? [];
  if (name === undefined || !/^\{.*\}$/s.test(answer)) return answer;
  return JSON.stringify({ ...(JSON.parse(answer) as object), [name]: token });
}

/** What the service returns and bills for one answered row. */
export interface MockAnswer {
  readonly text?: string;
  readonly stopReason?: string;
  readonly citations?: readonly Citation[];
  /** Tokens that are billed; absent where the row was not answered and is free. */
  readonly usage?: Usage;
}

/** An outcome made into an answer. `text` is what a good answer would say. */
export function answerFor(outcome: MockOutcome, request: MockRequest, text: string): MockAnswer {
  const input = inputTokensOf(request);
  const output = Math.min(request.maxTokens, Math.max(1, Math.ceil(Buffer.byteLength(text) / 4)));
  const characters = Array.from(text);
  switch (outcome) {
    case 'ok':
      return { text, stopReason: 'end', usage: { input, output }, ...citationsOf(request) };
    case 'truncated':
      return {
        text: characters.slice(0, Math.floor(characters.length / 2)).join(''),
        stopReason: 'maxTokens',
        usage: { input, output: request.maxTokens },
      };
    case 'refused':
      return { text: 'I cannot help with that.', stopReason: 'refusal', usage: { input, output: 1 } };
    case 'invalid':
      return { text: `not JSON: ${text}`, stopReason: 'end', usage: { input, output } };
    case 'transient':
    case 'permanent':
    case 'expired':
    case 'cancelled':
      return {};
  }
}

function citationsOf(request: MockRequest): { citations?: readonly Citation[] } {
  const text = request.file?.text;
  if (request.enableCitations !== true || request.file === undefined || text === undefined) return {};
  const citedText = text.slice(0, 100).split('\n')[0] ?? '';
  return {
    citations: [{ file: request.file.path, citedText, charRange: [0, citedText.length], verified: true }],
  };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
