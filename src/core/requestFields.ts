import * as z from 'zod';
import { EFFORTS } from './job.ts';

// What job files and the library take alike, with its bounds and what hovers say of it.

/** Further attempts by what went wrong. */
export const retrySchema = z
  .strictObject({
    truncated: z
      .int()
      .min(0)
      .max(10)
      .describe('Further attempts for an answer that was cut off, each with a larger maxTokens. Default 1.')
      .optional(),
    invalid: z
      .int()
      .min(0)
      .max(10)
      .describe('Further attempts for an answer that breaks its schema. Default 1.')
      .optional(),
    transient: z
      .int()
      .min(0)
      .max(10)
      .describe('Further attempts after a failure of the service. Default 3.')
      .optional(),
    missing: z
      .int()
      .min(0)
      .max(10)
      .describe('Further attempts for a row that the service returned nothing for. Default 2.')
      .optional(),
  })
  .describe('How many further attempts each kind of ending gets; 0 switches off.');

/** What a request may ask for. */
export const parameterFields = {
  model: z
    .string()
    .min(1)
    .describe('Name of the model, such as `claude-haiku-5-5`. `batchbook models` lists them.')
    .optional(),
  system: z
    .string()
    .min(1)
    .describe('Instruction that goes before every prompt of the cell, sent as it stands (no variables).')
    .optional(),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .describe(
      "How freely words are chosen, 0 to 2. Most current models refuse it. Default: the service's own.",
    )
    .optional(),
  maxTokens: z
    .int()
    .min(1)
    .describe('Most tokens of one answer; also what is reserved for it under the cost limit. Default 1000.')
    .optional(),
  effort: z.enum(EFFORTS).describe('How much the model may think before it answers.').optional(),
  enableCitations: z
    .boolean()
    .describe('Ask for the passages that the answer rests on. Default false.')
    .optional(),
  cache: z
    .boolean()
    .describe('Let the service cache the system prompt that all rows share, where that pays. Default false.')
    .optional(),
  echo: z
    .boolean()
    .describe(
      'Ask each answer to give back a short token of its row, and take none that does not: a check that a service mixes up no rows. Default false.',
    )
    .optional(),
};

/** One turn of a conversation. */
export const messageSchema = z.strictObject({
  role: z.enum(['user', 'assistant']).describe('Who says it.'),
  content: z.string().min(1).describe('What is said, sent as it stands (no variables).'),
});

/** How a run goes about its work. */
export const runFields = {
  costLimitUsd: z
    .number()
    .positive()
    .max(1_000_000)
    .describe('Most that one run may cost, in USD. It holds: nothing is sent that might exceed it.')
    .optional(),
  maxConcurrent: z
    .int()
    .min(1)
    .max(1000)
    .describe('Batches of a run in flight at a time, over all services. Default 10.')
    .optional(),
  jobsPerBatch: z
    .union([z.literal('auto'), z.int().min(1)], {
      error: 'jobsPerBatch is "auto" or a whole number above 0.',
    })
    .describe('Rows in one batch: "auto" (the default, as many as the limits allow) or a number.')
    .optional(),
  probe: z
    .union([z.literal('auto'), z.boolean()], { error: 'probe is "auto", true or false.' })
    .describe(
      'Send one row of a cell first, alone, and the others once the service has taken it: "auto" (the default, where a cell has 500 rows or more and nothing of its kind was answered yet), always, or never.',
    )
    .optional(),
};
