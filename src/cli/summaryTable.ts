import path from 'node:path';
import { formatUsd } from '../core/money.ts';
import type { RunReader } from '../core/stateManager.ts';
import { ROW_STATUSES } from '../core/vocabulary.ts';
import { commandLine, shortest } from './hints.ts';
import { table } from './table.ts';

/** A line a cell: rows by where they stand, and money. Columns that are zero everywhere are left out. */
export function summaryTable({ meta, ledger }: RunReader): string {
  const cells = meta.cells.map((cell) => ({
    cell,
    rows: ledger.rows.filter((row) => row.planned.cell === cell.id),
  }));
  const statuses = ROW_STATUSES.filter((status) => ledger.rows.some((row) => row.status === status));
  const reused = ledger.rows.some((row) => row.reusedFrom !== undefined);
  const header = ['cell', 'model', 'rows', ...statuses, ...(reused ? ['reused'] : []), 'cost'];
  const lines = cells.map(({ cell, rows }) => [
    cell.id,
    cell.model,
    String(rows.length),
    ...statuses.map((status) => String(rows.filter((row) => row.status === status).length)),
    ...(reused ? [String(rows.filter((row) => row.reusedFrom !== undefined).length)] : []),
    formatUsd(rows.reduce((sum, row) => sum + row.costNanoUsd, 0)),
  ]);
  return table(header, lines, [...header.keys()].slice(2));
}

/** Where the answers of a run are, in one or two lines. */
export function whereResultsAre({ meta, ledger }: RunReader, root: string): string {
  const written = ledger.rows.flatMap((row) => (row.written?.path == null ? [] : [row.written.path]));
  const files = `${String(written.length)} ${written.length === 1 ? 'file' : 'files'}`;
  const folder = `${shortest(path.join(root, commonFolder(written)))}${path.sep}`;
  return [
    ...(written.length === 0 ? [] : [`Answers:  ${files} below ${folder}`]),
    `All results:  ${commandLine(root, 'results', meta.runId)}`,
  ].join('\n');
}

function commonFolder(paths: readonly string[]): string {
  let common = paths[0]?.split('/').slice(0, -1) ?? [];
  for (const file of paths) {
    const parts = file.split('/');
    const differs = common.findIndex((part, i) => part !== parts[i]);
    if (differs >= 0) common = common.slice(0, differs);
  }
  return common.join('/');
}
