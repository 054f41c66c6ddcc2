import type { Job } from './job.ts';

/** Upper bound of the tokens that telling the model what was wrong with its last answer adds to a re-ask. */
export const HINT_TOKENS = 1_200;

/**
 * A job whose last answer was invalid as it is asked again: with what was wrong, at the end.
 * @param reason As the check of the answer says it; `undefined` where it says nothing.
 */
export function askedAgain(job: Job, reason = 'it did not match the schema'): Job {
  // Cut so that the hint stays within HINT_TOKENS, whatever the script it is written in.
  const cut = reason.slice(0, HINT_TOKENS / 2);
  const again = job.responseSchema === undefined ? 'Answer again.' : 'Answer again and keep to the schema.';
  const hint = `Your previous answer could not be used: ${cut}. ${again}`;
  if (job.messages === undefined) return { ...job, prompt: `${job.prompt ?? ''}\n\n${hint}` };
  return { ...job, messages: [...job.messages, { role: 'user', content: hint }] };
}
