import type { StoredResult } from '../../core/stateManager.ts';
import { wordDiff, type DiffPiece } from '../../core/wordDiff.ts';
import { readResults } from '../results/resultBlocks.ts';
import { canonical, own } from './canonical.ts';
import { answerOf, locationsOf, type ComparedRun, type RowPair, type RunComparison } from './compareRuns.ts';

/** Both answers of a row, or of a field of structured ones. */
export interface ComparedPart {
  /** Empty for the whole answer. */
  readonly field: string;
  readonly changed: boolean;
  readonly before: readonly DiffPiece[];
  readonly after: readonly DiffPiece[];
}

/** What is stored of both sides of a pair; `undefined` where nothing is, or where it was changed on disk. */
export interface StoredPair {
  readonly a: StoredResult | undefined;
  readonly b: StoredResult | undefined;
}

/** Reads both sides of some pairs, in their order. */
export async function readPairs(
  { a, b }: RunComparison,
  pairs: readonly RowPair[],
): Promise<readonly StoredPair[]> {
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
  return pairs.map((pair) => ({ a: storedA.get(pair.a ?? -1), b: storedB.get(pair.b ?? -1) }));
}

/**
 * Two answers side by side; texts begin shortly before the first difference where they are long.
 * @param characters Of each side of a part at most.
 */
export function partsOf({ a, b }: StoredPair, characters: number): readonly ComparedPart[] {
  const [fieldsA, fieldsB] = [fieldsIn(a), fieldsIn(b)];
  if (fieldsA === undefined || fieldsB === undefined) return [partOf('', shownOf(a), shownOf(b), characters)];
  const names = [...new Set([...Object.keys(fieldsA), ...Object.keys(fieldsB)])];
  return names.map((name) => partOf(name, own(fieldsA, name), own(fieldsB, name), characters));
}

async function storedOf(run: ComparedRun, ordinals: readonly number[]): Promise<Map<number, StoredResult>> {
  const found = new Map<number, StoredResult>();
  for await (const block of readResults(run.file, locationsOf(run, ordinals)))
    for (const { row, stored } of block) if (stored !== undefined) found.set(row, stored);
  return found;
}

function fieldsIn(stored: StoredResult | undefined): object | undefined {
  const value = stored?.parsedResponse;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
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
