import type * as z from 'zod';
import { didYouMean } from '../../core/nearest.ts';

/** An entry that a person has set and that cannot be used. All others can. */
export interface SettingProblem {
  /** What is wrong, in which entry, and what to do: one sentence or two. */
  readonly message: string;
  /** The service that the entry was to be. */
  readonly provider?: string;
  /** The models that it was to say something of; `all`: nobody can tell which. */
  readonly models: readonly string[] | 'all';
}

/** The first thing that is wrong in an entry, as a sentence. @param known Every key that it may have. */
export function wordsOf(error: z.ZodError, given: unknown, known: readonly string[]): string {
  const unknown = error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))[0];
  // A misspelt key comes before the one that is missing because of it.
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, known) || ` It may have: ${known.join(', ')}.`;
    return `"${unknown}" is no key of it.${hint}`;
  }
  const [issue] = error.issues;
  const key = issue?.path[0];
  if (issue === undefined || key === undefined) return 'It must be an object { … }.';
  const isThere = (given as Readonly<Record<PropertyKey, unknown>>)[key] !== undefined;
  if (!isThere) return `"${String(key)}" is missing.`;
  return `"${String(key)}": ${issue.message.replace(/^Invalid (?:input|option): /, '')}.`;
}

/** A person's setting as entries by name, or `undefined` where it is no object. */
export function entriesOf(given: unknown): readonly (readonly [name: string, entry: unknown])[] | undefined {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object' || Array.isArray(given)) return undefined;
  return Object.entries(given);
}
