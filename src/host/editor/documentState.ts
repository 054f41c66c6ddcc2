import { formatDuration } from '../../core/duration.ts';
import type {
  CellKey,
  CellView,
  DocumentState,
  Finding,
  JobHead,
  JsonObject,
  OpenRun,
} from '../../protocol/editorSurface.ts';
import type { InspectedCell } from '../../workspace/inspectJobFile.ts';
import type { JobContent, KeyedCell, PlacedProblem } from '../../workspace/jobDocument.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { moneyInWords, progress, stateWord } from '../words.ts';

/** Lines around an error that are shown. */
const EXCERPT_LINES = 3;

export interface DocumentParts {
  readonly rev: number;
  readonly fileName: string;
  readonly text: string;
  readonly content: JobContent;
  readonly trusted: boolean;
  /** What was found of a cell; `undefined` where it was not looked at yet. */
  readonly inspected: (key: CellKey) => InspectedCell | undefined;
  /** What holds where a file is silent. */
  readonly standard: JobHead['standard'];
}

/** The document as its pages show it. Texts of the person stand in it as they are. */
export function documentState(parts: DocumentParts): DocumentState {
  const { rev, fileName, trusted, content, text, standard } = parts;
  const base = { rev, fileName, trusted };
  switch (content.kind) {
    case 'empty':
      return { ...base, kind: 'empty' };
    case 'broken': {
      const { line, column } = content.range;
      const lines = text.split(/\r\n|\n|\r/);
      const first = Math.max(0, line - 1 - EXCERPT_LINES);
      const excerpt = lines
        .slice(first, line + EXCERPT_LINES)
        .map((shown, i) => ({ line: first + i + 1, text: plainTexts(shown.slice(0, 300)) }));
      return { ...base, kind: 'broken', message: content.message, line, column, excerpt };
    }
    case 'cells': {
      const job = headOf(content.value, standard);
      const cells = content.cells.map((cell) => cellView(cell, job, parts.inspected(cell.key)));
      return { ...base, kind: 'cells', job, cells };
    }
  }
}

/** A value of the wrong type is as one that is not there: the finding says so, and it stays in the file. */
function headOf(value: Readonly<Record<string, unknown>>, standard: JobHead['standard']): JobHead {
  const { title, defaults, costLimitUsd, maxConcurrent, pilot, resultsDir } = value;
  return {
    ...(typeof title === 'string' ? { title } : {}),
    defaults: typeof defaults === 'object' && defaults !== null ? (defaults as JsonObject) : {},
    ...(typeof costLimitUsd === 'number' ? { costLimitUsd } : {}),
    ...(typeof maxConcurrent === 'number' ? { maxConcurrent } : {}),
    ...(typeof pilot === 'number' ? { pilot } : {}),
    ...(typeof resultsDir === 'string' ? { resultsDir } : {}),
    standard,
  };
}

function cellView(
  { key, kind, source, line }: KeyedCell,
  job: JobHead,
  found: InspectedCell | undefined,
): CellView {
  const { id, model } = source;
  return {
    key,
    kind,
    ...(typeof id === 'string' ? { id } : {}),
    // A document is JSON.
    source: source as JsonObject,
    line,
    variables: variablesOf(kind, found),
    model: textOf(model) ?? textOf(job.defaults['model']) ?? '',
  };
}

/** Names that a prompt may hold, with an example from the first row. */
function variablesOf(kind: KeyedCell['kind'], found: InspectedCell | undefined): CellView['variables'] {
  const cellId = { name: 'cell.id', ...(found === undefined ? {} : { example: found.id }) };
  if (kind === 'files') {
    const path = found?.rows[0]?.source;
    return [...(path === undefined ? FILE_VARIABLES.map((name) => ({ name })) : fileExamples(path)), cellId];
  }
  if (kind !== 'rows') return [cellId];
  const { columns = [], rows = [] } = found?.table ?? {};
  const named = columns.flatMap((column, i) => {
    const example = rows[0]?.[i];
    if (!/^[^{}"\\]+$/.test(column)) return [];
    return [{ name: `row.${column}`, ...(example === undefined ? {} : { example: example.slice(0, 80) }) }];
  });
  return [...named, cellId];
}

const FILE_VARIABLES = ['file.name', 'file.path', 'file.dir', 'file.stem', 'file.ext'] as const;

function fileExamples(path: string): CellView['variables'] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return [
    { name: 'file.name', example: name },
    { name: 'file.path', example: path },
    { name: 'file.dir', example: path.slice(0, Math.max(0, path.length - name.length - 1)) || '.' },
    { name: 'file.stem', example: dot > 0 ? name.slice(0, dot) : name },
    { name: 'file.ext', example: dot > 0 ? name.slice(dot + 1) : '' },
  ];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @param id Names it, and the revision that it was found in. */
export function findingOf({ problem, key, path, span }: PlacedProblem, id: string): Finding {
  const { severity, message, range, fixes = [] } = problem;
  return {
    id,
    severity,
    message: plainTexts(message),
    key,
    path: path,
    ...(span === undefined ? {} : { span }),
    line: range.line,
    column: range.column,
    fixes: fixes.map(({ title }, i) => ({ id: String(i), title: plainTexts(title) })),
  };
}

/** The run of the file that is open, in words. */
export function openRun(run: RunView): OpenRun {
  const { etaMs } = run.status;
  return {
    runId: run.runId,
    state: stateWord(run),
    summary: progress(run.status),
    money: moneyInWords(run.status),
    timeLeft: etaMs === null ? '' : formatDuration(etaMs),
    drivenHere: run.holder !== undefined,
  };
}
