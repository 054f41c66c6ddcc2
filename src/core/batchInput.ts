import * as z from 'zod';
import { ValidationError } from './errors.ts';
import { issueWords } from './issueWords.ts';
import { didYouMean } from './nearest.ts';
import { messageSchema, parameterFields, retrySchema, runFields } from './requestFields.ts';
import type { ResponseModel } from './responseModel.ts';

// What a program hands to a batch, as it may come from code that no compiler has seen.

/** See `BatchOptions`. */
export const batchOptionsSchema = z.strictObject({
  stateFile: z.string().min(1),
  resultsDir: z.string().min(1).optional(),
  maxConcurrent: runFields.maxConcurrent,
  jobsPerBatch: runFields.jobsPerBatch,
  probe: runFields.probe,
  retry: retrySchema.optional(),
});

/** See `JobDefaults`. */
export const jobDefaultsSchema = z.strictObject(parameterFields);

/** See `JobInput`. */
export const jobInputSchema = z.strictObject({
  ...parameterFields,
  id: z.string().min(1).optional(),
  messages: z.array(messageSchema).optional(),
  file: z.string().min(1).optional(),
  prompt: z.string().min(1).optional(),
  // Some libraries have schemas that can be called.
  responseModel: z
    .custom<ResponseModel>((value) => ['object', 'function'].includes(typeof value) && value !== null, {
      error: '"responseModel" must be a JSON Schema, a zod 4 schema or a Standard Schema.',
    })
    .optional(),
});

/** See `BatchBuilder.addCostLimit`. */
export const costLimitSchema = z.strictObject({ usd: runFields.costLimitUsd.unwrap() });

/** @param what Names the value to a person, at the beginning of a sentence. @throws ValidationError with all that is wrong. */
export function assertFits(schema: z.ZodObject, value: unknown, what: string): void {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return;
  const problems = parsed.error.issues.map((issue) => {
    const words = issueWords(issue, issue.input, what);
    if (issue.path.length > 1) return `${what}, ${z.core.toDotPath(issue.path.slice(0, -1))}: ${words}`;
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0)
      return `${what}: ${words}${didYouMean(issue.keys[0] ?? '', Object.keys(schema.shape))}`;
    return issue.path.length === 0 ? words : `${what}: ${words}`;
  });
  throw new ValidationError('validation', problems.join('\n'));
}
