import { jsonIn } from '../../core/answerCheck.ts';
import type { ResultLocation } from '../../core/events.ts';
import { inputTokensOf } from '../../core/job.ts';
import type { PlannedCell } from '../../core/plan.ts';
import type { StoredResult } from '../../core/stateManager.ts';

/** A value of a column, as rules and orders see it. `undefined`: there is none. */
export type ColumnValue = string | number | boolean | null | undefined;

/** What is kept of an answer: enough for a line, for rules and for orders, never the answer itself. */
export interface RowEntry {
  /** Where the result stands that it was made from. */
  readonly location: ResultLocation;
  /** The beginning of the answer, on one line. */
  readonly head: string;
  /** Why it is not ok, as the service or the check says; empty where nobody says more than the outcome. */
  readonly why: string;
  /** By the fields of its cell; long texts are cut. Empty where the answer has none. */
  readonly fields: readonly ColumnValue[];
  /** Fields that broke the schema. */
  readonly broken: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether it cites something that does not stand word for word in its source. */
  readonly unverified: boolean;
  /** Model that a taken over answer is from. */
  readonly model: string | undefined;
}

const HEAD_CHARACTERS = 240;
/** A longer text of a field is compared by its beginning. */
const FIELD_CHARACTERS = 1_000;
const NOTHING: RowEntry['fields'] = [];
/** An answer that broke its schema is looked into up to this size. */
const LOOKED_INTO_CHARACTERS = 100_000;

/** Names of the fields of a cell's structured answers, which become columns; none where it answers in free text. */
export function fieldsOf({ parameters }: PlannedCell): readonly string[] {
  const properties = parameters.responseSchema?.['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** Those of them that are numbers, which stand at the right of their column. */
export function numericFieldsOf(cell: PlannedCell): readonly string[] {
  const properties = (cell.parameters.responseSchema?.['properties'] ?? {}) as Readonly<
    Record<string, { readonly type?: unknown } | undefined>
  >;
  return fieldsOf(cell).filter((name) =>
    [properties[name]?.type].flat().some((type) => type === 'number' || type === 'integer'),
  );
}

/** @param stored `undefined`: its bytes were changed on disk. */
export function entryOf(
  stored: StoredResult | undefined,
  location: ResultLocation,
  fields: readonly string[],
): RowEntry {
  const response = stored?.response ?? '';
  const why = stored === undefined ? CHANGED_ON_DISK : (stored.error?.message ?? '');
  return {
    location,
    head: onOneLine(response, HEAD_CHARACTERS),
    why: onOneLine(why, FIELD_CHARACTERS),
    fields: fields.length === 0 || stored === undefined ? NOTHING : valuesOf(stored, fields),
    broken: stored?.outcome === 'invalid' ? brokenIn(why) : [],
    inputTokens: stored?.usage === undefined ? 0 : inputTokensOf(stored.usage),
    outputTokens: stored?.usage?.output ?? 0,
    unverified: stored?.citations?.some(({ verified }) => !verified) ?? false,
    model: stored?.origin?.model,
  };
}

const CHANGED_ON_DISK = 'results.jsonl was changed: the result there is not the one that was written.';

/** Long texts are cut before anything is done to them: an answer may be 5 MB on one line. */
function onOneLine(text: string, characters: number): string {
  const start = text
    .slice(0, 4 * characters)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return cut(start, characters);
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(characters - 1)) ? characters - 1 : characters;
  return text.slice(0, end);
}

function valuesOf(stored: StoredResult, fields: readonly string[]): RowEntry['fields'] {
  const answer = answerIn(stored);
  if (typeof answer !== 'object' || answer === null) return NOTHING;
  return fields.map((name) =>
    Object.hasOwn(answer, name)
      ? columnValue((answer as Readonly<Record<string, unknown>>)[name])
      : undefined,
  );
}

/** The JSON of an answer, also where it broke its schema; `undefined` where there is none. */
export function answerIn({ outcome, response, parsedResponse }: StoredResult): unknown {
  if (parsedResponse !== undefined) return parsedResponse;
  if (outcome !== 'invalid' || response === undefined || response.length > LOOKED_INTO_CHARACTERS)
    return undefined;
  return jsonIn(response)?.value;
}

/** A value of an answer as a column shows it: what holds others is JSON, long texts are cut. */
export function columnValue(value: unknown): ColumnValue {
  if (typeof value === 'string') return cut(value, FIELD_CHARACTERS);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return value;
  return cut(JSON.stringify(value), FIELD_CHARACTERS);
}

/** Top-level names in the validator's words, such as `/total must be number; /lines/0/sum must be number`. */
function brokenIn(why: string): string[] {
  const pointers = why.matchAll(/(?:^|; )\/([^/\s]+)/g);
  return [...pointers].map(([, name = '']) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
