import type OpenAI from 'openai';
import type { Job } from '../../core/job.ts';
import { contentOf, nameOf, textPart } from '../shared/inputContent.ts';
import { strictSchema } from '../shared/strictSchema.ts';
import { STRICT_RULES } from './request.ts';

type Body = OpenAI.Chat.ChatCompletionCreateParamsNonStreaming;
type Part = OpenAI.Chat.ChatCompletionContentPart;

/**
 * One line of the input file: a request to `/v1/chat/completions`.
 *
 * @param maxTokens The parameter that says the most tokens of the answer.
 * @throws ValidationError `validation` where the file is text in no encoding that can be told.
 */
export function toChatLine(
  job: Job,
  customId: string,
  maxTokens: 'max_completion_tokens' | 'max_tokens',
): { custom_id: string; method: 'POST'; url: '/v1/chat/completions'; body: Body } {
  const { responseSchema, effort } = job;
  return {
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: {
      model: job.model,
      messages: messagesOf(job),
      [maxTokens]: job.maxTokens,
      ...(job.temperature === undefined ? {} : { temperature: job.temperature }),
      ...(effort === undefined ? {} : { reasoning_effort: effort }),
      ...(responseSchema === undefined
        ? {}
        : {
            response_format: {
              type: 'json_schema',
              json_schema: {
                name: 'answer',
                strict: true,
                schema: strictSchema(responseSchema, STRICT_RULES),
              },
            },
          }),
    },
  };
}

function messagesOf(job: Job): Body['messages'] {
  const system: Body['messages'] = job.system === undefined ? [] : [{ role: 'system', content: job.system }];
  if (job.messages !== undefined)
    return [...system, ...job.messages.map(({ role, content }) => ({ role, content }))];
  // A plain text where nothing goes with it: not every service takes parts.
  const content =
    job.file === undefined
      ? (job.prompt ?? '')
      : [...partsOf(job.file), { type: 'text' as const, text: job.prompt ?? '' }];
  return [...system, { role: 'user', content }];
}

function partsOf(file: NonNullable<Job['file']>): Part[] {
  const content = contentOf(file);
  if (content.kind === 'text') return [{ type: 'text', text: textPart(file, content.text) }];
  const url = `data:${content.mediaType};base64,${content.base64}`;
  return content.kind === 'image'
    ? [{ type: 'image_url', image_url: { url } }]
    : [{ type: 'file', file: { filename: nameOf(file), file_data: url } }];
}
