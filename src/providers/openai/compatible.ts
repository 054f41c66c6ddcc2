import type { ModelConfig } from '../../core/modelConfig.ts';
import type { Provider, RowResult } from '../../core/provider.ts';
import type { Access } from '../../core/serviceAccess.ts';
import type { CompatibleService } from '../configured/compatible.ts';
import { toChatLine } from './chatRequest.ts';
import { toChatRowResult } from './chatRows.ts';
import { createOpenAIProvider, type Dialect } from './provider.ts';
import { toLine } from './request.ts';
import { toRowResult } from './rows.ts';

/** A service that a person has set, on OpenAI's SDK: what is not known of it is taken to be as dear as it can be. */
export function createCompatibleProvider(
  service: CompatibleService,
  access: Access,
  models: readonly ModelConfig[],
): Provider {
  return createOpenAIProvider(access, models, dialectOf(service));
}

function dialectOf(service: CompatibleService): Dialect {
  const { name, title, endpoint, maxTokensParameter, keyVariables } = service;
  const isChat = endpoint === '/v1/chat/completions';
  return {
    facts: {
      name,
      keyVariable: keyVariables[0] ?? '',
      wording: {
        title,
        isQueueFull: (message) => /enqueued|queue/i.test(message),
        isOutOfMoney: (message) =>
          /insufficient_quota|exceeded your current quota|billing|insufficient (?:balance|credits?|funds)/i.test(
            message,
          ),
      },
      inputs: { maxRequestBytes: 50_000_000 },
      // Its tokenizer is not known: more tokens are expected of a text than of any service that is.
      rates: () => ({ asciiPerToken: 3, perOtherCharacter: 1.5, perPage: 3_000, perImage: 1_600 }),
    },
    limits: { maxRows: 50_000, maxBytes: 190_000_000 },
    endpoint,
    toLine: isChat ? (job, customId) => toChatLine(job, customId, maxTokensParameter) : toLine,
    toRowResult: (line) => withoutPromises(isChat ? toChatRowResult(line) : toRowResult(line)),
  };
}

/** OpenAI documents that rows it never came to cost nothing. Of any other service nobody can tell. */
function withoutPromises(result: RowResult): RowResult {
  if (result.outcome !== 'cancelled' && result.outcome !== 'expired') return result;
  const { usage, ...rest } = result;
  return rest;
}
