import { l10n } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import { ROW_CHANGES, type RowChange } from '../../core/rowChange.ts';
import type { LedgerRow } from '../../core/runLedger.ts';
import type { RowOutcome } from '../../core/vocabulary.ts';
import type { CallHandlers } from '../../protocol/channel.ts';
import {
  parseChanges,
  parsePair,
  type CompareRow,
  type CompareState,
  type CompareSurface,
  type RowEnd,
  type RunSide,
} from '../../protocol/compareSurface.ts';
import type { ComparedPart, ComparedRun, RowPair, RunComparison } from '../../workspace/compareRuns.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { number, statusWord } from '../words.ts';
import { madeInWords, readable, splitName } from './resultsState.ts';

const LINE_CHARACTERS = 80;
/** Parts that a line shows; the detail has them all. */
const LINE_PARTS = 4;
const DETAIL_CHARACTERS = 20_000;

type ReadPairs = typeof import('../../workspace/compareRuns.ts').readPairs;

/** What a page of two compared runs shows and can ask. */
export class CompareReading {
  readonly calls: CallHandlers<CompareSurface>;
  readonly #comparison: Promise<RunComparison>;
  readonly #readPairs: ReadPairs;
  #asked: { readonly key: string; readonly places: readonly number[] } | undefined;

  /** @param readPairs Of the headless layer. */
  constructor(comparison: Promise<RunComparison>, readPairs: ReadPairs) {
    this.#comparison = comparison;
    this.#readPairs = readPairs;
    this.calls = {
      rows: {
        parse: parseChanges,
        handle: async ({ changes, from, count }) => {
          const all = await comparison;
          const places = this.#placesOf(all, changes).slice(from, from + count);
          return this.#rows(all, places, LINE_CHARACTERS);
        },
      },
      detail: {
        parse: parsePair,
        handle: async ({ pair }) => {
          const all = await comparison;
          const [row] = await this.#rows(all, [pair], DETAIL_CHARACTERS);
          if (row === undefined) throw new RangeError('There is no such row.');
          return { row, facts: factsOf(all, all.pairs[pair]) };
        },
      },
    };
  }

  async state(): Promise<CompareState> {
    const { a, b, counts, pairs } = await this.#comparison;
    const [costA, costB] = [costOf(a), costOf(b)];
    const difference =
      costA === costB
        ? l10n.t('Both cost the same')
        : costB < costA
          ? l10n.t('B costs {0} less', formatUsd(costA - costB))
          : l10n.t('B costs {0} more', formatUsd(costB - costA));
    return plainTexts<CompareState>({
      title: b.reader.meta.title,
      found: {
        ...{ a: sideOf(a), b: { ...sideOf(b), tokens: tokensBeside(b, a) }, total: pairs.length, difference },
        chips: ROW_CHANGES.map((change) => ({ change, word: changeWord(change), count: counts[change] })),
      },
    });
  }

  #placesOf({ pairs }: RunComparison, changes: readonly RowChange[]): readonly number[] {
    const key = changes.toSorted().join();
    if (this.#asked?.key !== key)
      this.#asked = {
        key,
        places: pairs.flatMap(({ change }, place) => (changes.includes(change) ? [place] : [])),
      };
    return this.#asked.places;
  }

  async #rows(all: RunComparison, places: readonly number[], characters: number): Promise<CompareRow[]> {
    const pairs = places.flatMap((place) => all.pairs[place] ?? []);
    const parts = await this.#readPairs(all, pairs, characters);
    return pairs.map((pair, i) => {
      const [a, b] = rowsOf(all, pair);
      const { planned } = (a ?? b) as LedgerRow;
      const shown = parts[i] ?? [];
      const isLine = characters === LINE_CHARACTERS;
      const [endA, endB] = [endOf(a), endOf(b)];
      return {
        ...plainTexts({
          ...{ pair: places[i] ?? 0, change: pair.change, word: changeWord(pair.change) },
          ...splitName(planned.source || planned.id),
          cell: all.a.reader.meta.cells.length > 1 ? planned.cell : '',
          cost: a === undefined || b === undefined ? '' : signed(b.costNanoUsd - a.costNanoUsd),
        }),
        ...(endA === undefined ? {} : { a: endA }),
        ...(endB === undefined ? {} : { b: endB }),
        parts: (isLine ? forLine(shown) : shown).map((part) => partOf(part, isLine ? plainTexts : readable)),
      };
    });
  }
}

/** The fields that differ; where none does, all. */
function forLine(parts: readonly ComparedPart[]): readonly ComparedPart[] {
  const changed = parts.filter((part) => part.changed);
  return (changed.length > 0 ? changed : parts).slice(0, LINE_PARTS);
}

function partOf(
  { field, changed, before, after }: ComparedPart,
  clean: (text: string) => string,
): ComparedPart {
  const side = (pieces: ComparedPart['before']): ComparedPart['before'] =>
    pieces.map(({ text, differs }) => ({ text: clean(text.toWellFormed()), differs }));
  return { field: plainTexts(field), changed, before: side(before), after: side(after) };
}

function sideOf({ reader: { meta, ledger } }: ComparedRun): RunSide {
  const ok = ledger.rows.filter(({ status }) => status === 'ok').length;
  const [input, output] = tokensOf({ reader: { meta, ledger } });
  return {
    made: madeInWords(meta.createdAt),
    models: [...new Set(meta.cells.map(({ model }) => model))].join(', '),
    ended: l10n.t(
      '{0} of {1} ok, {2}',
      number(ok),
      number(ledger.rows.length),
      money(costOf({ reader: { meta, ledger } })),
    ),
    tokens: tokensInWords(input, output),
  };
}

function tokensInWords(input: number, output: number): string {
  return l10n.t('{0} tokens in, {1} out', number(input), number(output));
}

/** The tokens of a run, and how many those are more or less than another one's. */
function tokensBeside(run: ComparedRun, other: ComparedRun): string {
  const [[input, output], [otherInput, otherOutput]] = [tokensOf(run), tokensOf(other)];
  const more = input + output - otherInput - otherOutput;
  const words = tokensInWords(input, output);
  if (more === 0) return words;
  return more > 0
    ? l10n.t('{0}; {1} more than A', words, number(more))
    : l10n.t('{0}; {1} fewer than A', words, number(-more));
}

function costOf({ reader }: Pick<ComparedRun, 'reader'>): number {
  return reader.ledger.rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
}

/** Over all attempts, as the batches tell them. */
function tokensOf(
  { reader }: Pick<ComparedRun, 'reader'>,
  row?: number,
): readonly [input: number, output: number] {
  let [input, output] = [0, 0];
  for (const { finished } of reader.ledger.batches.values()) {
    const one = row === undefined ? undefined : finished.get(row);
    const ended = row === undefined ? finished.values() : one === undefined ? [] : [one];
    for (const [, , , , , , , tokensIn, tokensOut] of ended) {
      input += tokensIn;
      output += tokensOut;
    }
  }
  return [input, output];
}

function factsOf(
  { a, b }: RunComparison,
  pair: RowPair | undefined,
): { readonly label: string; readonly a: string; readonly b: string }[] {
  const cost = (run: ComparedRun, row: number | undefined): string =>
    row === undefined ? '' : money(run.reader.ledger.row(row).costNanoUsd);
  const tokens = (run: ComparedRun, row: number | undefined, which: 0 | 1): string =>
    row === undefined ? '' : number(tokensOf(run, row)[which]);
  return [
    { label: l10n.t('Cost'), a: cost(a, pair?.a), b: cost(b, pair?.b) },
    { label: l10n.t('Tokens in'), a: tokens(a, pair?.a, 0), b: tokens(b, pair?.b, 0) },
    { label: l10n.t('Tokens out'), a: tokens(a, pair?.a, 1), b: tokens(b, pair?.b, 1) },
  ];
}

function rowsOf(
  { a, b }: RunComparison,
  pair: RowPair,
): readonly [LedgerRow | undefined, LedgerRow | undefined] {
  return [
    pair.a === undefined ? undefined : a.reader.ledger.row(pair.a),
    pair.b === undefined ? undefined : b.reader.ledger.row(pair.b),
  ];
}

function endOf(row: LedgerRow | undefined): RowEnd | undefined {
  return row === undefined ? undefined : { outcome: row.status as RowOutcome, word: statusWord(row.status) };
}

function money(nanoUsd: number): string {
  return nanoUsd === 0 ? l10n.t('free') : formatUsd(nanoUsd);
}

function signed(nanoUsd: number): string {
  if (nanoUsd === 0) return '$0';
  return `${nanoUsd < 0 ? '−' : '+'}${formatUsd(Math.abs(nanoUsd))}`;
}

function changeWord(change: RowChange): string {
  switch (change) {
    case 'changed':
      return l10n.t('changed');
    case 'noLongerOk':
      return l10n.t('no longer ok');
    case 'nowOk':
      return l10n.t('now ok');
    case 'onlyA':
      return l10n.t('only in A');
    case 'onlyB':
      return l10n.t('only in B');
    case 'notOk':
      return l10n.t('ok in neither');
    case 'same':
      return l10n.t('same');
  }
}
