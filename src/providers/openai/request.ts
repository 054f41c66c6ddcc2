import type OpenAI from 'openai';
import type { Job, JsonSchema } from '../../core/job.ts';
import { contentOf, nameOf, textPart } from '../shared/inputContent.ts';
import { strictSchema, UnfitSchema, type SchemaRules } from '../shared/strictSchema.ts';

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Part = OpenAI.Responses.ResponseInputContent;

/** What strict mode takes (documentation, November 2026). */
export const STRICT_RULES: SchemaRules = {
  keywords: new Set([
    'format',
    'pattern',
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'minItems',
    'maxItems',
  ]),
  allRequired: true,
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
  try {
    strictSchema(schema, STRICT_RULES);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnfitSchema)) throw error;
    return `${title} does not take this schema: it ${error.message}.`;
  }
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
