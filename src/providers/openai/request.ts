import type OpenAI from 'openai';
import type { Job, JsonSchema } from '../../core/job.ts';
import { contentOf, nameOf, textPart } from '../shared/inputContent.ts';
import { schemaIssue as issueOf, strictSchema, type SchemaRules } from '../shared/strictSchema.ts';

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Part = OpenAI.Responses.ResponseInputContent;

const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];
const always = (): boolean => true;

/** What strict mode takes (documentation, November 2026; that patterns look neither ahead nor back is in its errors). */
export const STRICT_RULES: SchemaRules = {
  keywords: {
    format: (format) => FORMATS.includes(format as string),
    pattern: (pattern) => typeof pattern === 'string' && !/\(\?<?[=!]|\\[1-9]|\\k</.test(pattern),
    minimum: always,
    maximum: always,
    exclusiveMinimum: always,
    exclusiveMaximum: always,
    multipleOf: always,
    minItems: always,
    maxItems: always,
  },
  objectRoot: true,
  allRequired: true,
  recursion: true,
  maps: false,
  tuples: false,
  typedEnums: true,
  mixedTypes: true,
  excess: ({ depth, properties, enumValues, characters, longEnumCharacters }) => {
    if (depth > 10) return `has ${String(depth)} objects within one another, and there may be 10`;
    if (properties > 5_000) return `has ${String(properties)} properties, and there may be 5000`;
    if (enumValues > 1_000) return `has ${String(enumValues)} values of enums, and there may be 1000`;
    if (characters > 120_000)
      return `has ${String(characters)} characters of names and values, and there may be 120000`;
    return longEnumCharacters > 15_000
      ? `has an enum of ${String(longEnumCharacters)} characters, and one of more than 250 values may have 15000`
      : undefined;
  },
};

/**
 * One line of the input file: a request to `/v1/responses` whose answer the service does not keep.
 * @throws ValidationError `validation` where the file is text in no encoding that can be told.
 */
export function toLine(
  job: Job,
  customId: string,
): { custom_id: string; method: 'POST'; url: '/v1/responses'; body: Body } {
  const { responseSchema, effort, system } = job;
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/responses',
    body: {
      model: job.model,
      input: inputOf(job),
      max_output_tokens: job.maxTokens,
      store: false,
      ...(system === undefined || system.trim() === '' ? {} : { instructions: system }),
      ...(job.temperature === undefined ? {} : { temperature: job.temperature }),
      ...(effort === undefined ? {} : { reasoning: { effort } }),
      ...(responseSchema === undefined
        ? {}
        : {
            text: {
              format: {
                type: 'json_schema',
                name: 'answer',
                strict: true,
                schema: strictSchema(responseSchema, STRICT_RULES),
              },
            },
          }),
    },
  };
}

/** Why a service of this title would refuse a schema, or `undefined`. */
export function schemaIssue(schema: JsonSchema, title: string): string | undefined {
  return issueOf(title, schema, STRICT_RULES);
}

function inputOf(job: Job): NonNullable<Body['input']> {
  if (job.messages !== undefined) return job.messages.map(({ role, content }) => ({ role, content }));
  const text: Part = { type: 'input_text', text: job.prompt ?? '' };
  const parts = job.file === undefined ? [text] : [...partsOf(job), text];
  return [{ role: 'user', content: parts }];
}

function partsOf({ file }: Job): Part[] {
  if (file === undefined) return [];
  const content = contentOf(file);
  if (content.kind === 'text') return [{ type: 'input_text', text: textPart(file, content.text) }];
  const url = `data:${content.mediaType};base64,${content.base64}`;
  return content.kind === 'image'
    ? [{ type: 'input_image', image_url: url, detail: 'auto' }]
    : [{ type: 'input_file', filename: nameOf(file), file_data: url }];
}
