import type { Job, JsonSchema } from '../../core/job.ts';
import { contentOf, textPart } from '../shared/inputContent.ts';
import { schemaIssue as issueOf, strictSchema, type SchemaRules } from '../shared/strictSchema.ts';

const always = (): boolean => true;

/** What `responseJsonSchema` takes (documentation, November 2026). */
const RULES: SchemaRules = {
  keywords: {
    format: (format) => ['date-time', 'date', 'time'].includes(format as string),
    minItems: always,
    maxItems: always,
    minimum: always,
    maximum: always,
    propertyOrdering: always,
  },
  objectRoot: false,
  allRequired: false,
  recursion: true,
  maps: true,
  tuples: true,
  typedEnums: true,
  mixedTypes: true,
};

/** The wire form of one request in a keyed JSONL file: the SDK does not make these lines. */
interface Line {
  readonly key: string;
  readonly request: {
    readonly contents: readonly { readonly role: 'user' | 'model'; readonly parts: readonly Part[] }[];
    readonly systemInstruction?: { readonly parts: readonly { readonly text: string }[] };
    readonly generationConfig: Readonly<Record<string, unknown>>;
  };
}
type Part =
  { readonly text: string } | { readonly inlineData: { readonly mimeType: string; readonly data: string } };

/** @throws ValidationError `validation` where the file is text in no encoding that can be told. */
export function toLine(job: Job, customId: string): Line {
  const { responseSchema, effort, system } = job;
  return {
    key: customId,
    request: {
      contents: contentsOf(job),
      ...(system === undefined || system.trim() === ''
        ? {}
        : { systemInstruction: { parts: [{ text: system }] } }),
      generationConfig: {
        maxOutputTokens: job.maxTokens,
        ...(job.temperature === undefined ? {} : { temperature: job.temperature }),
        ...(effort === undefined ? {} : { thinkingConfig: { thinkingLevel: effort.toUpperCase() } }),
        ...(responseSchema === undefined
          ? {}
          : {
              responseMimeType: 'application/json',
              responseJsonSchema: strictSchema(responseSchema, RULES),
            }),
      },
    },
  };
}

/** Why the service would refuse a schema, or `undefined`. */
export function schemaIssue(schema: JsonSchema): string | undefined {
  return issueOf('Gemini', schema, RULES);
}

function contentsOf(job: Job): Line['request']['contents'] {
  if (job.messages !== undefined)
    return job.messages.map(({ role, content }) => ({
      role: role === 'assistant' ? 'model' : 'user',
      parts: [{ text: content }],
    }));
  return [{ role: 'user', parts: [...fileParts(job), { text: job.prompt ?? '' }] }];
}

/** In the line itself: a file that is uploaded apart may be gone, after 48 hours, before the batch gets to it. */
function fileParts({ file }: Job): Part[] {
  if (file === undefined) return [];
  const content = contentOf(file);
  if (content.kind === 'text') return [{ text: textPart(file, content.text) }];
  return [{ inlineData: { mimeType: content.mediaType, data: content.base64 } }];
}
