import type { Problem } from '../core/errors.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import { expandJobFile, type ExpandedCell, type ExpandedRow, type Expansion } from '../jobfile/expand.ts';
import type { WrittenBefore } from '../jobfile/outputChecks.ts';
import { usableJobFile } from '../jobfile/lenient.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import { JobFileRanges } from '../jobfile/ranges.ts';
import { RowSources } from '../jobfile/rowSources.ts';
import type { JobFile, RowsCell } from '../jobfile/schema.ts';
import { parseJsonc } from '../jobfile/syntax.ts';

export interface InspectContext {
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly name: string;
  readonly registry: ProviderRegistry;
  /** By path, outputs that earlier runs wrote; asked for only when the text can be expanded. */
  readonly writtenBefore: () => Promise<ReadonlyMap<string, WrittenBefore>>;
}

/** A job file as it would expand now. */
export interface JobFileInspection {
  /** Everything that a plan would report and that can be found without reading inputs. */
  readonly problems: readonly Problem[];
  /** The parts of the job file that can be used; `undefined` where its text cannot be read. */
  readonly jobFile: JobFile | undefined;
  /** Those that can be expanded, by their index in the file. */
  readonly cells: ReadonlyMap<number, InspectedCell>;
}

export interface InspectedCell {
  readonly id: string;
  readonly rows: readonly ExpandedRow[];
  readonly leftOut: Expansion['leftOut'];
  /** Absent where its model is not known. */
  readonly expanded: ExpandedCell | undefined;
  readonly table: TableHead | undefined;
}

/** The beginning of a table. */
export interface TableHead {
  /** Of the table, relative to the root, with links resolved. */
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const SHOWN_TABLE_ROWS = 5;

/** Expands what can be expanded of a job file that may be unsaved, half written or wrong. Writes and sends nothing. */
export async function inspectJobFile(context: InspectContext, text: string): Promise<JobFileInspection> {
  const parsed = parseJobFile(text, context.name);
  const syntax = parseJsonc(text);
  if (!syntax.ok) return { problems: parsed.ok ? [] : parsed.problems, jobFile: undefined, cells: new Map() };
  const jobFile = parsed.ok ? parsed.jobFile : usableJobFile(syntax.value);
  const sources = new RowSources(context.root);
  const expansion = await expandJobFile({
    root: context.root,
    jobFilePath: context.name,
    jobFile,
    ranges: new JobFileRanges(syntax.text, syntax.root),
    runId: '0'.repeat(26),
    modelConfig: (model) => context.registry.modelConfig(model),
    modelNames: context.registry.listModels().map(({ name }) => name),
    sources,
    writtenBefore: await context.writtenBefore(),
  });
  return {
    problems: [...(parsed.ok ? parsed.warnings : parsed.problems), ...expansion.problems],
    jobFile,
    cells: await cellsOf(jobFile, expansion, sources),
  };
}

async function cellsOf(
  jobFile: JobFile,
  { rows, leftOut, cells: expanded }: Expansion,
  sources: RowSources,
): Promise<ReadonlyMap<number, InspectedCell>> {
  const rowsOf = Map.groupBy(rows, ({ cell }) => cell);
  const leftOutOf = Map.groupBy(leftOut, ({ cell }) => cell);
  const cells = new Map<number, InspectedCell>();
  for (const [index, cell] of jobFile.cells.entries()) {
    if (cell.kind === 'markdown') continue;
    cells.set(index, {
      id: cell.id,
      rows: rowsOf.get(cell.id) ?? [],
      leftOut: leftOutOf.get(cell.id) ?? [],
      expanded: expanded.find((one) => one.index === index),
      table: cell.kind === 'rows' ? await headOf(cell, sources) : undefined,
    });
  }
  return cells;
}

async function headOf(cell: RowsCell, sources: RowSources): Promise<TableHead | undefined> {
  const keyed = await sources.keyed(cell);
  if (!keyed.ok) return undefined;
  const { columns, rows } = keyed.table;
  const head = rows.slice(0, SHOWN_TABLE_ROWS).map(({ values }) => columns.map((_, i) => values[i] ?? ''));
  return { path: keyed.path, columns, rows: head };
}
