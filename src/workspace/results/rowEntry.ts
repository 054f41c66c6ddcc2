import { jsonIn } from '../../core/answerCheck.ts';
import type { ResultLocation } from '../../core/events.ts';
import { inputTokensOf } from '../../core/job.ts';
import type { PlannedCell } from '../../core/plan.ts';
import type { ResultsColumn } from '../../core/resultsQuery.ts';
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
  /** Columns of which only the beginning is here, or may be. */
  readonly cut: readonly ResultsColumn[];
  /** Fields that broke the schema. */
  readonly broken: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether it cites something that does not stand word for word in its source. */
  readonly unverified: boolean;
  /** Model that a taken over answer is from. */
  readonly model: string | undefined;
}

/** What the column of a field begins with. */
export const FIELD = 'field:';

const HEAD_CHARACTERS = 240;
/** So many times the characters of a beginning are looked at for it. */
const SLICED = 4;
/** A longer text of a field is ordered by its beginning. */
const FIELD_CHARACTERS = 1_000;
const NOTHING: readonly never[] = [];
const ANSWER: RowEntry['cut'] = ['answer'];
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

/**
 * @param stored `undefined`: its bytes were changed on disk.
 * @param options.isWhole Nothing is cut, for one look at it.
 */
export function entryOf(
  stored: StoredResult | undefined,
  location: ResultLocation,
  fields: readonly string[],
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): RowEntry {
  const [headMost, fieldMost] = isWhole ? [Infinity, Infinity] : [HEAD_CHARACTERS, FIELD_CHARACTERS];
  const response = stored?.response ?? '';
  const head = onOneLine(response, headMost);
  const isHeadCut = response.length > SLICED * headMost || isFull(head, headMost);
  const values = fields.length === 0 || stored === undefined ? NOTHING : valuesOf(stored, fields, fieldMost);
  const cutFields: readonly string[] = fields.flatMap((name, i) =>
    isFull(values[i], fieldMost) ? [`${FIELD}${name}`] : [],
  );
  const why = stored === undefined ? CHANGED_ON_DISK : (stored.error?.message ?? '');
  return {
    location,
    head,
    why: onOneLine(why, FIELD_CHARACTERS),
    fields: values,
    cut: isHeadCut ? (cutFields.length > 0 ? [...ANSWER, ...cutFields] : ANSWER) : cutFields,
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
    .slice(0, SLICED * characters)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return cut(start, characters);
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(characters - 1)) ? characters - 1 : characters;
  return text.slice(0, end);
}

/** Whether a text has been cut, or is as long as if it had. */
function isFull(value: ColumnValue, characters: number): boolean {
  return typeof value === 'string' && value.length >= characters - 1;
}

function valuesOf(stored: StoredResult, fields: readonly string[], most: number): RowEntry['fields'] {
  const answer = answerIn(stored);
  if (typeof answer !== 'object' || answer === null) return NOTHING;
  return fields.map((name) =>
    Object.hasOwn(answer, name)
      ? columnValue((answer as Readonly<Record<string, unknown>>)[name], most)
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

/** A value of an answer as a column shows it: what holds others is JSON, texts beyond `most` characters are cut. */
export function columnValue(value: unknown, most = FIELD_CHARACTERS): ColumnValue {
  if (typeof value === 'string') return cut(value, most);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return value;
  return cut(JSON.stringify(value), most);
}

/** Top-level names in the validator's words, such as `/total must be number; /lines/0/sum must be number`. */
function brokenIn(why: string): string[] {
  const pointers = why.matchAll(/(?:^|; )\/([^/\s]+)/g);
  return [...pointers].map(([, name = '']) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
