import { inspect } from 'node:util';
import type * as z from 'zod';
import { didYouMean } from './nearest.ts';

/**
 * One sentence for a person on what zod found at a value; of several unknown keys it says the first.
 * @param whole Names the value that was checked, where it is wrong itself.
 */
export function issueWords(issue: z.core.$ZodIssue, value: unknown, whole = 'This'): string {
  const key = issue.path.at(-1);
  const name = typeof key === 'string' ? `"${key}"` : key === undefined ? whole : 'This';
  if (issue.code === 'unrecognized_keys') return `There is no key ${JSON.stringify(issue.keys[0])} here.`;
  if (value === undefined && key !== undefined) return `${name} is missing.`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input')
        ? `${name} must be ${expectedWords(issue.expected)}, not ${valueWords(value)}.`
        : issue.message;
    case 'invalid_value': {
      const choices = issue.values.map((choice) => JSON.stringify(choice)).join(', ');
      return `${name} must be one of ${choices}, not ${valueWords(value)}.${didYouMean(String(value), issue.values.map(String))}`;
    }
    case 'too_small':
      if (issue.origin === 'string') return `${name} must not be empty.`;
      if (issue.origin === 'array') return `${name} needs at least one entry.`;
      return `${name} must be ${issue.inclusive === false ? 'above' : 'at least'} ${String(issue.minimum)}, not ${valueWords(value)}.`;
    case 'too_big':
      return `${name} must be at most ${String(issue.maximum)}, not ${valueWords(value)}.`;
    default:
      return issue.message;
  }
}

function expectedWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'a whole number',
    number: 'a number',
    string: 'a string',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
    function: 'a function',
  };
  return words[expected] ?? expected;
}

function valueWords(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  // JSON has no NaN, no Infinity and no big integers.
  return (typeof value === 'string' ? JSON.stringify(value) : inspect(value)).slice(0, 60);
}
