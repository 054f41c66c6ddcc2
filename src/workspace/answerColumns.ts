import { hasEnded, jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import { withoutFormula } from './spreadsheetText.ts';

/** A table beyond this many columns is no pleasure in any program; what has none is still in the answer's own text. */
const MOST_COLUMNS = 500;
/** Objects within one another that become columns; deeper ones are JSON in one. */
const MOST_LEVELS = 8;

/** A field of structured answers, as a column of a table. */
export interface AnswerColumn {
  /** Its dotted name on one line, unlike that of every other column. */
  readonly name: string;
  readonly path: readonly string[];
}

/**
 * Looks through the structured answers of a run for their fields, in the order in which they first come. Yields once for
 * every row that was looked at, so that the caller can breathe; keeps nothing of an answer but the names.
 *
 * @param taken Names that other columns of the table have.
 */
export function* answerColumns(
  run: ResultSource,
  taken: readonly string[],
): Generator<undefined, readonly AnswerColumn[]> {
  const paths = new Map<string, readonly string[]>();
  for (const [ordinal, { status }] of run.ledger.rows.entries()) {
    if (!hasEnded(status)) continue;
    for (const [path] of answerFields(answerOf(run, ordinal))) {
      if (paths.size >= MOST_COLUMNS) break;
      paths.set(JSON.stringify(path), path);
    }
    yield undefined;
  }
  const names = new Set(taken);
  return [...paths.values()].map((path) => {
    const dotted = path
      .join('.')
      .toWellFormed()
      .replaceAll(/\p{Cc}+/gu, ' ');
    // As it will stand in the file: two that differ before may be one there.
    const plain = path.length === 0 ? 'answer' : withoutFormula(dotted);
    let name = names.has(plain) ? `answer.${plain}` : plain;
    for (let n = 2; names.has(name); n++) name = `answer.${plain} (${String(n)})`;
    names.add(name);
    return { name, path };
  });
}

/** `undefined`: it is not structured, or its bytes were changed on disk. */
function answerOf(run: ResultSource, ordinal: number): unknown {
  try {
    return jobResultOf(run, ordinal).parsedResponse;
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return undefined;
  }
}

/** The fields of a structured answer that hold no further ones, each with its path. */
export function* answerFields(
  value: unknown,
  path: readonly string[] = [],
): Generator<readonly [path: readonly string[], value: unknown]> {
  if (value === undefined) return;
  if (!isObject(value) || path.length >= MOST_LEVELS || Object.keys(value).length === 0) {
    yield [path, value];
    return;
  }
  for (const [key, inner] of Object.entries(value)) yield* answerFields(inner, [...path, key]);
}

/** What stands at a path of an answer, as a table shows it: numbers as such, lists as JSON, null and nothing as empty. */
export function cellOf(answer: unknown, path: readonly string[]): string | number {
  let value = answer;
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  // An object stands in its own column only where it is not taken apart.
  if (isObject(value) && path.length < MOST_LEVELS && Object.keys(value).length > 0) return '';
  switch (typeof value) {
    case 'string':
    case 'number':
      return value;
    case 'boolean':
      return String(value);
    default:
      return value === undefined || value === null ? '' : JSON.stringify(value);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
