import { ANTHROPIC_MODELS } from '../../../../src/providers/models/modelTable.ts';
import type { Answer, SeenRequest } from '../exchange.ts';
import type { FakeName } from '../fakeServer.ts';
import { formDataOf } from '../formData.ts';
import { sdkSchemas, type SdkSchemas, type SdkType } from './sdkSchemas.ts';

/** A request that a fake took, and what it answered. */
export interface Exchange {
  readonly request: SeenRequest;
  readonly status: number;
  readonly body: Answer['body'];
}

/** What is wrong, by the vendor's own types, with what was sent and with what the fake answered. */
export type Inspector = (exchange: Exchange) => readonly string[];

type Problem = string | undefined;
type Check = (schemas: SdkSchemas, exchange: Exchange) => readonly Problem[];

/** By service and operation. What is not here has no type in the SDKs, and is checked by passing through them. */
const CHECKS: Readonly<Record<FakeName, Readonly<Record<string, Check>>>> = {
  anthropic: {
    create: (schemas, { request, body }) => [
      schemas.sent('AnthropicBatchCreate', withoutTakenTemperature(jsonIn(request.body))),
      schemas.answered('AnthropicBatch', body),
    ],
    countTokens: (schemas, { request }) => [schemas.sent('AnthropicCountTokens', jsonIn(request.body))],
    get: answering('AnthropicBatch'),
    cancel: answering('AnthropicBatch'),
    list: listing('AnthropicBatch', 'data'),
    results: (schemas, { body }) =>
      linesIn(body).map((line) =>
        line['custom_id'] === undefined ? undefined : schemas.answered('AnthropicResultLine', line),
      ),
    model: answering('AnthropicModel'),
    models: listing('AnthropicModel', 'data'),
  },
  openai: {
    upload: (schemas, { request, body }) => [
      ...uploadedTo(request).map((line) => openAILine(schemas, line)),
      schemas.answered('OpenAIFile', withoutNulls(body)),
    ],
    create: (schemas, { request, body }) => [
      schemas.sent('OpenAIBatchCreate', jsonIn(request.body)),
      schemas.answered('OpenAIBatch', withoutNulls(body)),
    ],
    countTokens: (schemas, { request }) => [schemas.sent('OpenAICountTokens', jsonIn(request.body))],
    get: (schemas, { body }) => [schemas.answered('OpenAIBatch', withoutNulls(body))],
    cancel: (schemas, { body }) => [schemas.answered('OpenAIBatch', withoutNulls(body))],
    list: (schemas, { body }) =>
      itemsIn(body, 'data').map((one) => schemas.answered('OpenAIBatch', withoutNulls(one))),
    file: (schemas, { body }) => [schemas.answered('OpenAIFile', withoutNulls(body))],
    files: (schemas, { body }) =>
      itemsIn(body, 'data').map((one) => schemas.answered('OpenAIFile', withoutNulls(one))),
    content: (schemas, { body }) => linesIn(body).map((line) => openAIResult(schemas, line)),
    model: answering('OpenAIModel'),
    models: listing('OpenAIModel', 'data'),
  },
  gemini: {
    upload: (schemas, { request, body }) => {
      const file = (body as { readonly file?: unknown }).file;
      if (file === undefined) return []; // one chunk of several
      return [
        ...linesIn(request.body).flatMap((line) => geminiLine(schemas, line)),
        schemas.answered('GeminiFile', file),
      ];
    },
    create: (_, { request }) => geminiBatch(jsonIn(request.body)),
    countTokens: (schemas, { request }) => {
      const { contents, ...rest } = recordOf(jsonIn(request.body));
      return [schemas.sent('GeminiContents', contents), extras('countTokens', rest)];
    },
    getFile: answering('GeminiFile'),
    files: listing('GeminiFile', 'files'),
    download: (schemas, { body }) =>
      linesIn(body).map((line) =>
        line['response'] === undefined ? undefined : schemas.answered('GeminiResponse', line['response']),
      ),
  },
};

/** Loads the schemas; see `sdkSchemas`. */
export async function inspectorOf(service: FakeName): Promise<Inspector> {
  const schemas = await sdkSchemas();
  return (exchange) => {
    const { request, status } = exchange;
    if (status >= 400)
      return service === 'anthropic'
        ? named(request, [schemas.answered('AnthropicError', exchange.body)])
        : [];
    return named(request, CHECKS[service][request.operation]?.(schemas, exchange) ?? []);
  };
}

function named({ operation }: SeenRequest, problems: readonly Problem[]): readonly string[] {
  return problems.flatMap((problem) => (problem === undefined ? [] : [`${operation}: ${problem}`]));
}

function answering(type: SdkType): Check {
  return (schemas, { body }) => [schemas.answered(type, body)];
}

function listing(type: SdkType, key: string): Check {
  return (schemas, { body }) => itemsIn(body, key).map((item) => schemas.answered(type, item));
}

/**
 * The 1.x types have no temperature, which only models that are older than the types still take. For those, and for no
 * other, it is left out before the closed schema looks.
 */
export function withoutTakenTemperature(body: unknown): unknown {
  const { requests, ...rest } = recordOf(body);
  if (!Array.isArray(requests)) return body;
  return {
    ...rest,
    requests: requests.map((row: unknown) => {
      const { params, ...others } = recordOf(row);
      const { temperature, ...kept } = recordOf(params);
      const model = ANTHROPIC_MODELS.find(({ name }) => name === kept['model']);
      const isTaken = model?.supportsTemperature === true && typeof temperature === 'number';
      return { ...others, params: isTaken && temperature >= 0 && temperature <= 1 ? kept : params };
    }),
  };
}

/** A line of OpenAI's input file has a type only for its body. */
export function openAILine(schemas: SdkSchemas, line: unknown): Problem {
  const { custom_id: id, method, url, body, ...rest } = recordOf(line);
  if (typeof id !== 'string' || method !== 'POST' || url !== '/v1/responses')
    return `no line of an input file: ${JSON.stringify(line).slice(0, 400)}`;
  return extras('a line', rest) ?? schemas.sent('OpenAIRequest', body);
}

function openAIResult(schemas: SdkSchemas, line: Readonly<Record<string, unknown>>): Problem {
  const { status_code: status, body } = recordOf(line['response']);
  if (status !== 200) return undefined;
  // The SDK works it out; on the wire it is not.
  return schemas.answered('OpenAIResponse', { ...recordOf(body), output_text: '' });
}

/** A line of Gemini's input file, which is the wire form: only its parts have types. */
export function geminiLine(schemas: SdkSchemas, line: unknown): readonly Problem[] {
  const { key, request, ...rest } = recordOf(line);
  const { contents, systemInstruction, generationConfig, ...others } = recordOf(request);
  return [
    typeof key === 'string' ? undefined : `no key: ${JSON.stringify(line).slice(0, 400)}`,
    extras('a line', rest),
    extras('a request', others),
    schemas.sent('GeminiContents', contents),
    systemInstruction === undefined ? undefined : schemas.sent('GeminiContents', [systemInstruction]),
    generationConfig === undefined ? undefined : schemas.sent('GeminiConfig', generationConfig),
  ];
}

function geminiBatch(body: unknown): readonly Problem[] {
  const { batch, ...rest } = recordOf(body);
  const { displayName, inputConfig, ...others } = recordOf(batch);
  const { fileName, ...more } = recordOf(inputConfig);
  const isWhole = typeof displayName === 'string' && typeof fileName === 'string';
  return [
    isWhole ? undefined : `no batch: ${JSON.stringify(body).slice(0, 400)}`,
    extras('a create call', { ...rest, ...others, ...more }),
  ];
}

function extras(what: string, rest: object): Problem {
  const names = Object.keys(rest);
  return names.length === 0 ? undefined : `${what} has no ${names.join(', ')}`;
}

function uploadedTo(request: SeenRequest): readonly Readonly<Record<string, unknown>>[] {
  const parts = formDataOf(request);
  return linesIn(parts.find(({ filename }) => filename !== undefined)?.content ?? '');
}

/** Lines that are JSON: what a plan has cut is not looked at. */
function linesIn(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  return String(body)
    .split('\n')
    .flatMap((line) => {
      try {
        return [recordOf(JSON.parse(line))];
      } catch {
        return [];
      }
    });
}

function jsonIn(body: Buffer): unknown {
  return JSON.parse(body.toString('utf8'));
}

function itemsIn(body: unknown, key: string): readonly unknown[] {
  const items = recordOf(body)[key];
  return Array.isArray(items) ? items : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
}

/** The real API says null where its types say that there is nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
