import { l10n } from 'vscode';
import { usdFromNano } from '../../core/money.ts';
import type {
  CellInputs,
  CellView,
  EstimateState,
  MatchLine,
  MatchPage,
} from '../../protocol/editorSurface.ts';
import type { CellForecast } from '../../workspace/forecastCell.ts';
import type { InspectedCell } from '../../workspace/inspectJobFile.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bytesInWords, files, number, sum, tokensInWords } from '../words.ts';

const FIRST_MATCHES = 6;
const FIRST_LEFT_OUT = 3;
const FIRST_OUTPUTS = 3;
/** Lines that a page asks for at a time at most. */
const LONGEST_SLICE = 500;

/** What a cell would send, in words. @param forecast `undefined`: its inputs were not read yet. */
export function cellInputs(cell: InspectedCell, forecast: CellForecast | undefined): CellInputs {
  const { rows, leftOut, table } = cell;
  const bytes = forecast?.bytes ?? rows.reduce((sum, { fileBytes = 0 }) => sum + fileBytes, 0);
  return plainTexts<CellInputs>({
    state: 'ready',
    rows: rows.length,
    leftOut: leftOut.length,
    count: table === undefined ? files(rows.length) : inRows(rows.length),
    bytes: bytesInWords(bytes),
    tokens: forecast === undefined ? '' : l10n.t('{0} tokens', tokensInWords(forecast.inputTokens)),
    estimate: forecast === undefined ? '' : inUsd(forecast.expectedNanoUsd),
    worst: forecast === undefined ? '' : inUsd(forecast.worstNanoUsd),
    first: matchPage(cell, forecast, 0, Math.min(FIRST_MATCHES, rows.length)).lines,
    firstLeftOut: matchPage(cell, forecast, rows.length, FIRST_LEFT_OUT).lines,
    columns: table?.columns ?? [],
    table: table?.rows ?? [],
    outputs: rows.flatMap(({ outputPath }) => outputPath ?? []).slice(0, FIRST_OUTPUTS),
  });
}

/** A cell that cannot be expanded as it is. */
export function noInputs(kind: CellView['kind']): CellInputs {
  switch (kind) {
    case 'files':
      return { state: 'failed', message: l10n.t('No files yet: name files, folders or globs.') };
    case 'rows':
      return { state: 'failed', message: l10n.t('No rows yet: name a table.') };
    default:
      return { state: 'failed', message: l10n.t('Nothing is sent as it is.') };
  }
}

/** A slice of what matches a cell, those that are left out last. */
export function matchPage(
  { rows, leftOut }: InspectedCell,
  forecast: CellForecast | undefined,
  offset: number,
  limit: number,
): MatchPage {
  const total = rows.length + leftOut.length;
  const end = Math.min(total, offset + Math.min(limit, LONGEST_SLICE));
  const lines: MatchLine[] = [];
  // Files have about as many tokens as they are long; what is not a file has no size of its own to show.
  const tokensPerByte =
    forecast === undefined || forecast.bytes === 0 ? 0 : forecast.inputTokens / forecast.bytes;
  for (let index = Math.max(0, offset); index < end; index++) {
    const row = rows[index];
    const left = leftOut[index - rows.length];
    if (row !== undefined) {
      const { source, cell, fileBytes } = row;
      const tokens = Math.round((fileBytes ?? 0) * tokensPerByte);
      lines.push({
        index,
        name: source === '' ? cell : source,
        size: fileBytes === undefined ? '' : bytesInWords(fileBytes),
        tokens: tokens === 0 ? '' : l10n.t('{0} tokens', tokensInWords(tokens)),
      });
    } else if (left !== undefined)
      lines.push({ index, name: left.path, size: '', tokens: '', reason: left.why });
  }
  return plainTexts({ total, lines });
}

/** The whole job file in words. */
export interface EstimateParts {
  readonly cells: readonly { readonly id: string; readonly forecast: CellForecast }[];
  readonly limitNanoUsd: number | undefined;
  /** ISO date. */
  readonly pricesAsOf: string | undefined;
}

/** What a run of all cells comes to, when nothing was answered before. */
export function estimateState({ cells, limitNanoUsd, pricesAsOf }: EstimateParts): EstimateState {
  const problem = cells.find(({ forecast }) => forecast.problem !== undefined)?.forecast.problem;
  if (problem !== undefined) return { state: 'blocked', message: problem };
  const total = (of: (forecast: CellForecast) => number): number =>
    cells.reduce((all, { forecast }) => all + of(forecast), 0);
  const worst = total(({ worstNanoUsd }) => worstNanoUsd);
  const rows = total((forecast) => forecast.rows);
  const read = total(({ sampled }) => sampled);
  const waves = limitNanoUsd === undefined || limitNanoUsd === 0 ? 1 : Math.ceil(worst / limitNanoUsd);
  return plainTexts<EstimateState>({
    state: 'ready',
    rows,
    expected: inUsd(total(({ expectedNanoUsd }) => expectedNanoUsd)),
    worst: inUsd(worst),
    waves: waves > 1 ? l10n.t('The limit cuts the run into about {0} waves.', number(waves)) : '',
    cells: cells.map(({ id, forecast }) => ({
      id,
      rows: number(forecast.rows),
      input: tokensInWords(forecast.inputTokens),
      output: tokensInWords(forecast.outputTokensAtMost),
      expected: inUsd(forecast.expectedNanoUsd),
      worst: inUsd(forecast.worstNanoUsd),
    })),
    note: [
      read < rows
        ? l10n.t('Estimated from {0} of {1} inputs.', number(read), number(rows))
        : l10n.t('Estimated from all inputs.'),
      ...(pricesAsOf === undefined ? [] : [l10n.t('Prices of {0}.', pricesAsOf)]),
      l10n.t('Rows that earlier runs have answered are not sent again.'),
    ].join(' '),
  });
}

function inUsd(nanoUsd: number): string {
  return sum(usdFromNano(nanoUsd));
}

function inRows(n: number): string {
  return n === 1 ? l10n.t('1 row') : l10n.t('{0} rows', number(n));
}
