import { createHash } from 'node:crypto';
import { hasEnded } from '../core/assembleResult.ts';
import { ROW_CHANGES, type RowChange } from '../core/rowChange.ts';
import type { LedgerRow } from '../core/runLedger.ts';
import type { RunReader, StoredResult } from '../core/stateManager.ts';
import { wordDiff, type DiffPiece } from '../core/wordDiff.ts';
import { runLayout } from '../state/layout.ts';
import { readResults } from './results/resultBlocks.ts';
import type { Workspace } from './workspace.ts';

/** A run to be compared. */
export interface ComparedRun {
  readonly reader: Pick<RunReader, 'meta' | 'ledger'>;
  /** Its `results.jsonl`, absolute. */
  readonly file: string;
}

/** A row of both runs, by its ordinals; `undefined` where it has not ended in that run. */
export interface RowPair {
  readonly a: number | undefined;
  readonly b: number | undefined;
  readonly change: RowChange;
}

/** Both answers of a row, or of a field of structured ones. */
export interface ComparedPart {
  /** Empty for the whole answer. */
  readonly field: string;
  readonly changed: boolean;
  readonly before: readonly DiffPiece[];
  readonly after: readonly DiffPiece[];
}

/** Two runs row by row, by cell and source. Of an answer only a digest is looked at; it is read when it is shown. */
export interface RunComparison {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** In the order of A's plan; those of B alone come last. */
  readonly pairs: readonly RowPair[];
  readonly counts: Readonly<Record<RowChange, number>>;
}

/** A run of a workspace, to be compared. */
export async function comparedRun(
  workspace: Pick<Workspace, 'stateDir' | 'read'>,
  runId: string,
): Promise<ComparedRun> {
  return { reader: await workspace.read(runId), file: runLayout(workspace.stateDir, runId).results };
}

/**
 * Compares two runs. Order of keys and lists, and spaces, are no change. Reads block by block: what is in memory does not
 * depend on how long the answers are.
 */
export async function compareRuns(a: ComparedRun, b: ComparedRun): Promise<RunComparison> {
  const ordinalsB = ordinalsByKey(b);
  const matched = [...ordinalsByKey(a)].map(([key, ordinal]) => {
    const other = ordinalsB.get(key);
    ordinalsB.delete(key);
    return { a: ordinal, b: other };
  });
  const okInBoth = matched.filter(
    (pair): pair is { readonly a: number; readonly b: number } =>
      pair.b !== undefined && isOk(a, pair.a) && isOk(b, pair.b),
  );
  const digestsA = await digestsOf(
    a,
    okInBoth.map((pair) => pair.a),
  );
  const digestsB = await digestsOf(
    b,
    okInBoth.map((pair) => pair.b),
  );
  const pairs = [
    ...matched.map((pair): RowPair => {
      if (pair.b === undefined) return { ...pair, change: 'onlyA' };
      const [okA, okB] = [isOk(a, pair.a), isOk(b, pair.b)];
      if (okA !== okB) return { ...pair, change: okA ? 'noLongerOk' : 'nowOk' };
      if (!okA) return { ...pair, change: 'notOk' };
      const [digestA, digestB] = [digestsA.get(pair.a), digestsB.get(pair.b)];
      return { ...pair, change: digestA !== undefined && digestA === digestB ? 'same' : 'changed' };
    }),
    ...[...ordinalsB.values()].map((ordinal): RowPair => ({ a: undefined, b: ordinal, change: 'onlyB' })),
  ];
  const counts = Object.fromEntries(ROW_CHANGES.map((change) => [change, 0])) as Record<RowChange, number>;
  for (const { change } of pairs) counts[change]++;
  return { a, b, pairs, counts };
}

/**
 * The answers of some rows, side by side; texts begin shortly before the first difference where they are long.
 * @param characters Of each side of a part at most.
 */
export async function readPairs(
  { a, b }: RunComparison,
  pairs: readonly RowPair[],
  characters: number,
): Promise<readonly (readonly ComparedPart[])[]> {
  const [storedA, storedB] = await Promise.all([
    storedOf(
      a,
      pairs.flatMap((pair) => pair.a ?? []),
    ),
    storedOf(
      b,
      pairs.flatMap((pair) => pair.b ?? []),
    ),
  ]);
  return pairs.map((pair) =>
    partsOf(
      pair.a === undefined ? undefined : storedA.get(pair.a),
      pair.b === undefined ? undefined : storedB.get(pair.b),
      characters,
    ),
  );
}

/** Rows that have ended, by what is the same in both runs; a source that comes again is counted. */
function ordinalsByKey({ reader }: ComparedRun): Map<string, number> {
  const ordinals = new Map<string, number>();
  const times = new Map<string, number>();
  for (const [ordinal, { planned, status }] of reader.ledger.rows.entries()) {
    const name = JSON.stringify([planned.cell, planned.source || planned.id]);
    const time = times.get(name) ?? 0;
    times.set(name, time + 1);
    if (hasEnded(status)) ordinals.set(`${name}${String(time)}`, ordinal);
  }
  return ordinals;
}

function isOk({ reader }: ComparedRun, ordinal: number): boolean {
  return reader.ledger.row(ordinal).status === 'ok';
}

async function digestsOf(run: ComparedRun, ordinals: readonly number[]): Promise<Map<number, string>> {
  const digests = new Map<number, string>();
  for await (const block of readResults(run.file, locationsOf(run, ordinals)))
    for (const { row, stored } of block)
      if (stored !== undefined)
        digests.set(
          row,
          createHash('sha256')
            .update(canonical(answerOf(stored)))
            .digest('base64')
            .slice(0, 22),
        );
  return digests;
}

async function storedOf(run: ComparedRun, ordinals: readonly number[]): Promise<Map<number, StoredResult>> {
  const found = new Map<number, StoredResult>();
  for await (const block of readResults(run.file, locationsOf(run, ordinals)))
    for (const { row, stored } of block) if (stored !== undefined) found.set(row, stored);
  return found;
}

function locationsOf(
  { reader }: ComparedRun,
  ordinals: readonly number[],
): { readonly row: number; readonly location: NonNullable<LedgerRow['location']> }[] {
  return ordinals.flatMap((row) => {
    const { location } = reader.ledger.row(row);
    return location === undefined ? [] : [{ row, location }];
  });
}

function answerOf({ parsedResponse, response }: StoredResult): unknown {
  return parsedResponse ?? response ?? '';
}

/** The same text for values that differ in nothing but order and spaces. */
function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.replaceAll(/\s+/gu, ' ').trim());
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.toSorted().join()}}`;
}

function partsOf(
  a: StoredResult | undefined,
  b: StoredResult | undefined,
  characters: number,
): readonly ComparedPart[] {
  const [fieldsA, fieldsB] = [fieldsOf(a), fieldsOf(b)];
  if (fieldsA === undefined || fieldsB === undefined) {
    const [before, after] = [shownOf(a), shownOf(b)];
    return [partOf('', before, after, characters)];
  }
  const names = [...new Set([...Object.keys(fieldsA), ...Object.keys(fieldsB)])];
  return names.map((name) => partOf(name, own(fieldsA, name), own(fieldsB, name), characters));
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(stored: StoredResult | undefined): Fields | undefined {
  const value = stored?.parsedResponse;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** What one reads of a result: its answer, or why there is none. */
function shownOf(stored: StoredResult | undefined): unknown {
  return stored === undefined ? undefined : (stored.error?.message ?? answerOf(stored));
}

function partOf(field: string, a: unknown, b: unknown, characters: number): ComparedPart {
  const changed = canonical(a ?? null) !== canonical(b ?? null);
  const [textA, textB] = [textOf(a), textOf(b)];
  if (!changed) {
    const piece = (text: string): readonly DiffPiece[] => [
      { text: text.slice(0, characters), differs: false },
    ];
    return { field, changed, before: piece(textA), after: piece(textB) };
  }
  const from = excerptStart(textA, textB, characters);
  const cut = (text: string): string =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + characters)}${text.length > from + characters ? '…' : ''}`;
  return { field, changed, ...wordDiff(cut(textA), cut(textB)) };
}

/** Where a long text is shown from, so that its first difference is seen. */
function excerptStart(a: string, b: string, characters: number): number {
  if (a.length <= characters && b.length <= characters) return 0;
  let same = 0;
  while (same < a.length && a.charCodeAt(same) === b.charCodeAt(same)) same++;
  return same < characters / 2 ? 0 : same - Math.floor(characters / 4);
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
