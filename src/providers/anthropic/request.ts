import type Anthropic from '@anthropic-ai/sdk';
import type { Job, JsonSchema } from '../../core/job.ts';
import { contentOf, nameOf } from '../shared/inputContent.ts';
import { schemaIssue as issueOf, strictSchema, type SchemaRules } from '../shared/strictSchema.ts';

type Params = Anthropic.Messages.MessageCreateParamsNonStreaming & { temperature?: number };

const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'];

/** What `output_config.format` takes: as the SDK (1.12.0) writes schemas, and the limits that its errors name (2026). */
const RULES: SchemaRules = {
  keywords: {
    format: (format, type) => type === 'string' && FORMATS.includes(format as string),
    minItems: (least, type) => type === 'array' && (least === 0 || least === 1),
  },
  objectRoot: false,
  allRequired: false,
  recursion: false,
  maps: false,
  tuples: false,
  typedEnums: false,
  mixedTypes: false,
  excess: ({ optional, unions }) => {
    if (optional > 24)
      return `has ${String(optional)} properties that are not required, and there may be 24: require some, or split it`;
    return unions > 16
      ? `has ${String(unions)} properties of several types, and there may be 16: decide on one, or split it`
      : undefined;
  },
};

/** Kept for an hour at the service: rows of a batch are not worked on at the same time. */
const CACHED = { type: 'ephemeral', ttl: '1h' } as const;

/**
 * One row of `POST /v1/messages/batches` (API version 2026-10-21). The document goes first, then the prompt, as the
 * service advises. Citations and a schema together are refused by the service, so then the schema is asked for in words
 * and checked here.
 *
 * @throws ValidationError `validation` where the file is text in no encoding that can be told.
 */
export function toRequest(job: Job, customId: string): { custom_id: string; params: Params } {
  const cites = job.enableCitations === true && job.file !== undefined;
  const schema = job.responseSchema;
  const system = [
    ...(job.system === undefined || job.system.trim() === '' ? [] : [job.system]),
    ...(schema !== undefined && cites ? [schemaInWords(schema)] : []),
  ].join('\n\n');
  const format =
    schema === undefined || cites
      ? {}
      : { format: { type: 'json_schema' as const, schema: strictSchema(schema, RULES) } };
  const effort = effortOf(job);
  return {
    custom_id: customId,
    params: {
      model: job.model,
      max_tokens: job.maxTokens,
      messages: messagesOf(job, cites),
      ...(system === ''
        ? {}
        : {
            system: [
              { type: 'text', text: system, ...(job.cache === true ? { cache_control: CACHED } : {}) },
            ],
          }),
      ...(job.temperature === undefined ? {} : { temperature: job.temperature }),
      ...(effort === undefined && Object.keys(format).length === 0
        ? {}
        : { output_config: { ...(effort === undefined ? {} : { effort }), ...format } }),
    },
  };
}

/** Why the service would refuse a schema, or `undefined`. */
export function schemaIssue(schema: JsonSchema): string | undefined {
  return issueOf('Anthropic', schema, RULES);
}

function messagesOf(job: Job, cites: boolean): Params['messages'] {
  if (job.messages !== undefined) return job.messages.map(({ role, content }) => ({ role, content }));
  const text = { type: 'text' as const, text: job.prompt ?? '' };
  if (job.file === undefined) return [{ role: 'user', content: [text] }];
  return [{ role: 'user', content: [blockOf(job, cites), text] }];
}

function blockOf(job: Job, cites: boolean): Anthropic.Messages.ContentBlockParam {
  const { file } = job;
  if (file === undefined) return { type: 'text', text: '' };
  const content = contentOf(file);
  const document = { title: nameOf(file), ...(cites ? { citations: { enabled: true } } : {}) };
  if (content.kind === 'text')
    return {
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: content.text },
      ...document,
    };
  if (content.kind === 'image')
    return {
      type: 'image',
      source: {
        type: 'base64',
        media_type: content.mediaType as Anthropic.Messages.Base64ImageSource['media_type'],
        data: content.base64,
      },
    };
  return {
    type: 'document',
    source: { type: 'base64', media_type: 'application/pdf', data: content.base64 },
    ...document,
  };
}

function schemaInWords(schema: JsonSchema): string {
  return `Answer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
}

function effortOf({ effort }: Job): 'low' | 'medium' | 'high' | 'xhigh' | 'max' | undefined {
  return effort === 'minimal' ? 'low' : effort;
}
