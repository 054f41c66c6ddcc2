import { jobResultOf, type ResultSource } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import { insideRoot } from '../jobfile/root.ts';

/** The Problems panel is no pleasure beyond this, and the extension host's memory is shared. */
export const MOST_FINDINGS = 5_000;
const MOST_CHARACTERS = 2_000;

export type FindingSeverity = 'error' | 'warning' | 'info' | 'hint';

/** Something that an answer says about a place in a file. Lines and columns count from 1. */
export interface Finding {
  readonly ordinal: number;
  /** As the answer names it, with `/`, or the row's own input; not checked to be inside the root. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly severity: FindingSeverity;
  /** Plain text, without what cannot be seen. */
  readonly message: string;
}

const SEVERITIES: Readonly<Record<string, FindingSeverity>> = {
  error: 'error',
  critical: 'error',
  high: 'error',
  warning: 'warning',
  warn: 'warning',
  medium: 'warning',
  info: 'info',
  information: 'info',
  low: 'info',
  hint: 'hint',
  note: 'hint',
};

/**
 * What the ok answers of a run find, in plan order; an answer that finds nothing is passed over. Yields `undefined` after
 * every row, so that the caller can breathe.
 */
export function* answerFindings(run: ResultSource): Generator<Finding | undefined> {
  for (const [ordinal, { planned, status }] of run.ledger.rows.entries()) {
    yield undefined;
    if (status !== 'ok') continue;
    let answer: unknown;
    try {
      answer = jobResultOf(run, ordinal).parsedResponse;
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      continue; // its bytes were changed on disk: the others still count
    }
    for (const one of findingsIn(answer)) {
      const finding = findingOf(one, ordinal, planned.source);
      if (finding !== undefined) yield finding;
    }
  }
}

/** The objects that may be findings: the answer, a list of them, or the one list in it. */
function findingsIn(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  if (!isObject(answer)) return [];
  if ('message' in answer && 'line' in answer) return [answer];
  const lists = Object.values(answer).filter(
    (value): value is readonly unknown[] => Array.isArray(value) && value.some(isObject),
  );
  return lists.length === 1 ? (lists[0] ?? []) : [];
}

function findingOf(value: unknown, ordinal: number, source: string): Finding | undefined {
  if (!isObject(value)) return undefined;
  const { file, message } = value;
  const line = place(value['line']);
  const severity = severityOf(value['severity']);
  if (line === undefined || severity === undefined || typeof message !== 'string') return undefined;
  const named = typeof file === 'string' && file.trim() !== '' ? file.trim().replaceAll('\\', '/') : source;
  const places = Object.fromEntries(
    (['column', 'endLine', 'endColumn'] as const).flatMap((key) => {
      const at = place(value[key]);
      return at === undefined ? [] : [[key, at]];
    }),
  );
  return {
    ordinal,
    file: named.replace(/^(?:\.\/)+/, ''),
    line,
    ...places,
    severity,
    message: plain(message),
  };
}

/** The absolute path of a finding's file; `undefined` where that is outside the root, links resolved. */
export async function fileOfFinding(root: string, { file }: Finding): Promise<string | undefined> {
  const located = await insideRoot(root, file);
  return located.ok ? located.absolute : undefined;
}

/** Absent is a warning; a word that nobody knows makes it no finding. */
function severityOf(word: unknown): FindingSeverity | undefined {
  if (word === undefined || word === null) return 'warning';
  const key = typeof word === 'string' ? word.trim().toLowerCase() : '';
  return Object.hasOwn(SEVERITIES, key) ? SEVERITIES[key] : undefined;
}

function place(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

function plain(text: string): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  return cut
    .toWellFormed()
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll(/[[\p{Cc}\u2028\u2029]--[\n\t]]+/gv, ' ')
    .trim();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
