import type * as z from 'zod';
import { issueWords } from '../core/issueWords.ts';
import { didYouMean, nearest } from '../core/nearest.ts';
import type { JsonPath } from './ranges.ts';
import { ALLOWED_KEYS, CELL_KINDS, type CellKind } from './schema.ts';

/** One thing that breaks the schema. `at: 'key'` marks the key of the path rather than its value. */
export interface SchemaProblem {
  readonly path: JsonPath;
  readonly at: 'key' | 'value';
  readonly message: string;
  /** What is likely meant in its place: a key or a value. */
  readonly nearest?: string;
}

/** Says in words for a person what zod found. */
export function schemaProblems(error: z.ZodError, root: unknown): readonly SchemaProblem[] {
  return error.issues.flatMap((issue): readonly SchemaProblem[] => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'unrecognized_keys') {
      const around = valueAt(root, path);
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: describeUnknownKey(key, path, around),
        ...meant(REDIRECTING.test(key) ? undefined : nearestKey(key, path, around)),
      }));
    }
    const value = valueAt(root, path);
    return [
      {
        path,
        at: 'value',
        message: describeIssue(issue, path, value),
        ...meant(nearestChoice(issue, path, value)),
      },
    ];
  });
}

function meant(nearest: string | undefined): Pick<SchemaProblem, 'nearest'> {
  return nearest === undefined ? {} : { nearest };
}

/** The key that is likely meant, unless it is there already. */
function nearestKey(key: string, path: JsonPath, around: unknown): string | undefined {
  const there = typeof around === 'object' && around !== null ? Object.keys(around) : [];
  const allowed = allowedKeys(path, cellKind(path, around)).filter((one) => !there.includes(one));
  return nearest(key, allowed);
}

function nearestChoice(issue: z.core.$ZodIssue, path: JsonPath, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (issue.code === 'invalid_union' && path.at(-1) === 'kind') return nearest(value, CELL_KINDS);
  return issue.code === 'invalid_value' ? nearest(value, issue.values.map(String)) : undefined;
}

function describeIssue(issue: z.core.$ZodIssue, path: JsonPath, value: unknown): string {
  const key = path.at(-1);
  if (issue.code === 'invalid_union' && key === 'kind') return describeKind(value);
  if (issue.code === 'invalid_value' && key === 'version' && value !== undefined)
    return describeVersion(value);
  return issueWords(issue, value);
}

function describeKind(value: unknown): string {
  const kinds = CELL_KINDS.map((kind) => `"${kind}"`).join(', ');
  if (value === undefined) return `The cell needs a "kind": one of ${kinds}.`;
  return `There is no kind of cell ${JSON.stringify(value)}.${typeof value === 'string' ? didYouMean(value, CELL_KINDS) : ''} Kinds: ${kinds}.`;
}

function describeVersion(value: unknown): string {
  return typeof value === 'number' && value > 1
    ? `Version ${String(value)} of the format is newer than this Batchbook knows. Update Batchbook, or write version 1.`
    : '"version" must be 1.';
}

/** Keys that would send requests or keys elsewhere; they live in machine settings, where a job file cannot reach. */
const REDIRECTING =
  /^(?:api[-_]?(?:key|base|url)|.*token|.*secret|base[-_]?ur[li]|.*endpoint|origin|host|proxy|headers?|organi[sz]ation|env|url)$/i;

const INPUT_KEYS = ['file', 'files', 'data', 'prompt'] as const;

function describeUnknownKey(key: string, path: JsonPath, around: unknown): string {
  if (REDIRECTING.test(key)) {
    return `${JSON.stringify(key)} cannot be set in a job file, since a job file must not decide where requests and keys go. Set keys with "Batchbook: Set API Key…" or in the environment, and addresses in the settings of this machine.`;
  }
  const kind = cellKind(path, around);
  if (kind === 'messages' && INPUT_KEYS.some((input) => input === key)) {
    return `A cell with "messages" has no ${JSON.stringify(key)}. Use a cell of kind "files" or "rows" with a "prompt", or write it into the messages.`;
  }
  if ((kind === 'files' || kind === 'rows') && key === 'messages') {
    return `A cell of kind "${kind}" has a "prompt", not "messages". Use a cell of kind "messages" for a conversation.`;
  }
  if (kind === 'files' && key === 'file') return 'There is no key "file" here. Write "files": ["…"].';
  return `There is no key ${JSON.stringify(key)} here.${didYouMean(key, allowedKeys(path, kind))}`;
}

function allowedKeys(path: JsonPath, kind: CellKind | undefined): readonly string[] {
  if (path.length === 0) return ALLOWED_KEYS.top;
  if (path.at(-1) === 'retry') return ALLOWED_KEYS.retry;
  if (path.at(-1) === 'defaults') return ALLOWED_KEYS.defaults;
  return kind === undefined ? ALLOWED_KEYS.message : ALLOWED_KEYS[kind];
}

function cellKind(path: JsonPath, around: unknown): CellKind | undefined {
  if (path.length !== 2 || typeof around !== 'object' || around === null) return undefined;
  return CELL_KINDS.find((kind) => 'kind' in around && around.kind === kind);
}

function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}
