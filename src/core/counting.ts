import pLimit from 'p-limit';
import { SOME_TOKEN, withEcho } from './echo.ts';
import { cellOf, type EngineContext } from './engineContext.ts';
import { ProviderError, isBatchbookError } from './errors.ts';
import { priced } from './estimate.ts';
import type { RecountedRow } from './events.ts';
import { pilotRows, spread } from './pilot.ts';
import { probeState } from './probing.ts';
import type { Provider, TokenEstimate } from './provider.ts';

/** Rows of a cell that are counted to learn whether its estimates can be trusted. */
const SAMPLE = 10;
/** Rows that are counted in one go; between two a run may be stopped. */
const CHUNK = 64;
const AT_A_TIME = 8;
/** Where money is short so many rows are counted at most; after that the estimates' margin has to do. */
const MOST = 2_000;
/** Of an estimate that counts have mended: the rows that were not counted may be longer still. */
const MARGIN = 1.05;

/**
 * Exact counts by the services' own count endpoints, which refine what is reserved (promise P3). They send content, so
 * they are made after the consent only, and only where they tell something: of a sample of each cell, to find estimates
 * that are too low before the money is gone; and of the rows next in turn where the limit cuts the run into waves,
 * since exact reservations let more of them go at once. A count that fails changes nothing, but where it is a probe: of a
 * cell of which one row would go first, to see whether the service takes it, and no row of whose sample it will count.
 */
export class TokenCounts {
  readonly #context: EngineContext;
  readonly #providerOf: (name: string) => Provider;
  readonly #limit = pLimit(AT_A_TIME);
  /** Providers that do not count, or not now. */
  readonly #silent = new Set<string>();
  /** Cells whose estimates were looked at, by this driver or one before. */
  readonly #sampled: Set<string>;
  /** Rows that were counted, or could not be, by this driver. */
  readonly #asked = new Set<number>();

  constructor(context: EngineContext, providerOf: (name: string) => Provider) {
    this.#context = context;
    this.#providerOf = providerOf;
    const { rows } = context.writer.ledger;
    this.#sampled = new Set(rows.flatMap(({ counted, planned }) => (counted ? [planned.cell] : [])));
  }

  /**
   * Counts some of what is worth counting among rows that may be sent next, and journals it.
   *
   * @param candidates Ordinals in plan order.
   * @returns Whether to ask again before anything is packed: there may be more to count.
   */
  async refine(candidates: readonly number[]): Promise<boolean> {
    const { ledger } = this.#context.writer;
    const fresh = candidates.filter((ordinal) => {
      const row = ledger.row(ordinal);
      const { provider } = cellOf(this.#context, row);
      const counts = this.#providerOf(provider).countTokens !== undefined && !this.#silent.has(provider);
      return counts && row.attempts === 0 && !row.counted && !this.#asked.has(ordinal);
    });
    const unknown = fresh.find((ordinal) => !this.#sampled.has(ledger.row(ordinal).planned.cell));
    if (unknown !== undefined) {
      const { cell } = ledger.row(unknown).planned;
      this.#sampled.add(cell);
      await this.#sample(fresh.filter((ordinal) => ledger.row(ordinal).planned.cell === cell));
      return true;
    }
    const reservedFor = (rows: readonly number[]): number =>
      rows.reduce((sum, row) => sum + ledger.row(row).estimate.reservedNanoUsd, 0);
    if (fresh.length === 0 || this.#asked.size >= MOST || ledger.money.fits(reservedFor(candidates)))
      return false;
    const counted = candidates.filter((ordinal) => ledger.row(ordinal).counted);
    if (!ledger.money.fits(reservedFor(counted))) return false; // enough is known to fill what is left
    await this.#count(fresh.slice(0, CHUNK));
    return true;
  }

  /** Where one of the sample is longer than was reserved for it, all rows of the cell are expected to be. */
  async #sample(rows: readonly number[]): Promise<void> {
    const { writer, clock } = this.#context;
    const places = spread(Math.min(SAMPLE, rows.length), rows.length);
    const sample = places.map((place) => rows[place] ?? 0);
    const before = new Map(sample.map((row) => [row, writer.ledger.row(row).estimate]));
    const { counted, refusal } = await this.#count(sample);
    if (refusal !== undefined) return this.#refuse(sample[0] ?? 0, refusal);
    const low = counted.filter(([row, , reserved]) => reserved > (before.get(row)?.reservedNanoUsd ?? 0));
    if (low.length === 0) return;
    const shares = low.map(([row, tokens]) => tokens / Math.max(1, before.get(row)?.inputTokens ?? 1));
    const factor = Math.max(...shares);
    const at = clock.now();
    const mended = rows.flatMap((ordinal): RecountedRow[] => {
      const row = writer.ledger.row(ordinal);
      if (row.counted) return [];
      const expected = Math.ceil(row.estimate.inputTokens * factor);
      return [this.#recounted(ordinal, { expected, upperBound: Math.ceil(expected * MARGIN) })];
    });
    await this.#journal(mended, false);
    const cell = writer.ledger.row(sample[0] ?? 0).planned.cell;
    const message = `Inputs of cell ${cell} have up to ${factor.toFixed(1)} times the tokens that were estimated; more is reserved for each of them.`;
    await writer.append({ e: 'notice', at, code: 'recounted', message });
  }

  /** A free probe that has failed: the cell's rows are not sent, and nothing was paid to find out. */
  async #refuse(ordinal: number, { userMessage: message }: ProviderError): Promise<void> {
    const { writer, clock } = this.#context;
    const { ledger, meta } = writer;
    const cell = cellOf(this.#context, ledger.row(ordinal));
    const isPilot = pilotRows(ledger, meta.settings.pilot) !== undefined;
    if (probeState(ledger, cell, { cells: meta.cells, isPilot }) !== 'due') return;
    await writer.append({ e: 'cellRefused', at: clock.now(), cell: cell.id, message });
  }

  /** `refusal`: the service found fault with every one of them. It is not asked again. */
  async #count(
    ordinals: readonly number[],
  ): Promise<{ readonly counted: readonly RecountedRow[]; readonly refusal: ProviderError | undefined }> {
    for (const ordinal of ordinals) this.#asked.add(ordinal);
    const answers = await Promise.all(ordinals.map((row) => this.#limit(() => this.#countRow(row))));
    const refusals = answers.flatMap((one) => (one instanceof ProviderError ? [one] : []));
    const counted = answers.flatMap((one) =>
      one === undefined || one instanceof ProviderError ? [] : [one],
    );
    await this.#journal(counted, true);
    const [first] = refusals;
    if (first === undefined || refusals.length < ordinals.length) return { counted, refusal: undefined };
    this.#silent.add(first.provider);
    return { counted, refusal: first };
  }

  /**
   * `undefined` where it was not counted: content that nobody confirmed is not sent to be counted either. An error where
   * the service found fault with the row itself.
   */
  async #countRow(ordinal: number): Promise<RecountedRow | ProviderError | undefined> {
    const { writer, loader, stop } = this.#context;
    const row = writer.ledger.row(ordinal);
    const { provider: name } = cellOf(this.#context, row);
    const provider = this.#providerOf(name);
    if (this.#silent.has(name) || stop.aborted) return undefined;
    const loaded = await loader.load(row.planned, row.movedTo?.model);
    if (!loaded.ok || loaded.inputHash !== row.inputHash) return undefined;
    try {
      const tokens = await provider.countTokens?.(withEcho(loaded.job, SOME_TOKEN), stop);
      return tokens === undefined
        ? undefined
        : this.#recounted(ordinal, { expected: tokens, upperBound: tokens });
    } catch (error) {
      // What is wrong with the input is said when it is sent.
      if (!isBatchbookError(error)) throw error;
      if (!(error instanceof ProviderError)) return undefined;
      if (error.code === 'invalidRequest') return error;
      this.#silent.add(name);
      return undefined;
    }
  }

  #recounted(ordinal: number, tokens: TokenEstimate): RecountedRow {
    const { writer, registry, clock } = this.#context;
    const row = writer.ledger.row(ordinal);
    const { model, parameters, prefixTokens } = cellOf(this.#context, row);
    const { reservedNanoUsd, expectedNanoUsd } = priced(
      registry.modelConfig(model),
      tokens,
      parameters,
      clock.now(),
      prefixTokens === undefined ? undefined : { tokens: prefixTokens, writes: false },
    );
    return [ordinal, tokens.expected, reservedNanoUsd, expectedNanoUsd];
  }

  async #journal(rows: readonly RecountedRow[], exact: boolean): Promise<void> {
    const { writer, clock } = this.#context;
    for (let i = 0; i < rows.length; i += CHUNK)
      await writer.append({ e: 'rowsCounted', at: clock.now(), exact, rows: rows.slice(i, i + CHUNK) });
  }
}
