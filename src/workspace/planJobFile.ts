import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  JobFileError,
  ValidationError,
  describeCause,
  isBatchbookError,
  type Problem,
} from '../core/errors.ts';
import { estimateRow } from '../core/estimate.ts';
import { effectiveRetry, type PlannedCell, type PlannedRow } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import { countWaves } from '../core/packing.ts';
import { formatUsd, nanoFromUsd } from '../core/money.ts';
import type { ReusedRow } from '../core/reuse.ts';
import { STATE_FORMAT, type RunMeta } from '../core/stateManager.ts';
import { expandJobFile, type Expansion } from '../jobfile/expand.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import { formatJsonPath, type JobFileRanges } from '../jobfile/ranges.ts';
import { JOB_FILE_DEFAULTS, type JobFile } from '../jobfile/schema.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import type { EarlierRuns } from './earlierRuns.ts';

export interface PlanOptions {
  /** Only the cell of this id. */
  readonly cell?: string;
  /** Instead of the job file's own. */
  readonly pilot?: number;
  readonly limitNanoUsd?: number;
  /** Send every row, also those that an earlier run has answered. */
  readonly all: boolean;
}

/** Where rows would go, and which rows. */
export interface Destination {
  readonly provider: string;
  readonly model: string;
  /** `undefined`: this machine. */
  readonly origin: string | undefined;
  readonly caveat: string | undefined;
  readonly rows: number;
}

/** What the person sees before anything is sent (promise P7). Bytes, tokens and money are of the rows to send. */
export interface PlanSummary {
  readonly rows: number;
  readonly rowsToSend: number;
  readonly rowsReused: number;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly expectedNanoUsd: number;
  readonly worstNanoUsd: number;
  readonly limitNanoUsd: number | undefined;
  /** Into how many waves the limit cuts the run. */
  readonly waves: number;
  readonly pilot: number;
  /** What this job file has cost over all earlier runs. */
  readonly earlierNanoUsd: number;
  readonly destinations: readonly Destination[];
}

/** A job file ready to run: everything checked, nothing sent, nothing written. */
export interface JobPlan {
  readonly meta: RunMeta;
  readonly rows: readonly PlannedRow[];
  readonly reuse: readonly ReusedRow[];
  readonly summary: PlanSummary;
  readonly leftOut: Expansion['leftOut'];
  /** Files that would be sent, in plan order, with their bytes. */
  readonly sources: readonly { readonly source: string; readonly bytes: number }[];
  readonly warnings: readonly Problem[];
  readonly notices: readonly string[];
}

export interface PlanContext {
  readonly root: string;
  /** Absolute. */
  readonly jobFile: string;
  readonly registry: ProviderRegistry;
  readonly earlier: EarlierRuns;
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Plans a job file: parses, expands, reads every input once, estimates, and looks up what earlier runs have answered.
 * @throws JobFileError with every problem found; ValidationError where the file cannot be read.
 */
export async function planJobFile(context: PlanContext, options: PlanOptions): Promise<JobPlan> {
  const { root, registry } = context;
  const name = path.relative(root, context.jobFile).split(path.sep).join('/').normalize('NFC');
  const text = await readFile(context.jobFile, 'utf8').catch((error: unknown) => {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = gone
      ? `There is no job file ${context.jobFile}.`
      : `${name} cannot be read: ${describeCause(error)}`;
    throw new ValidationError('jobFile', message, { cause: error });
  });
  const parsed = parseJobFile(text, name);
  if (!parsed.ok) throw new JobFileError(parsed.problems);
  const { jobFile, ranges } = parsed;
  const expansion = await expandJobFile({
    root,
    jobFilePath: name,
    jobFile,
    ranges,
    runId: context.runId,
    modelConfig: (model) => registry.modelConfig(model),
    writtenBefore: context.earlier.written,
    ...(options.cell === undefined ? {} : { only: options.cell }),
  });
  const errors = expansion.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new JobFileError(errors);

  const cells = await planCells(expansion, registry);
  const rows = await planRows(context, { name, jobFile, ranges, expansion });
  const reuse = options.all ? [] : context.earlier.answers(rows);
  const limitNanoUsd =
    options.limitNanoUsd ??
    (jobFile.costLimitUsd === undefined ? undefined : nanoFromUsd(jobFile.costLimitUsd));
  const pilot = options.pilot ?? jobFile.pilot ?? JOB_FILE_DEFAULTS.pilot;
  const meta: RunMeta = {
    format: STATE_FORMAT,
    runId: context.runId,
    createdAt: context.now,
    title: jobFile.title ?? path.posix.basename(name, '.batch.json'),
    jobFile: { path: name, sha256: createHash('sha256').update(text).digest('hex'), text },
    ...(options.cell === undefined ? {} : { onlyCell: options.cell }),
    cells: [...cells.values()],
    settings: {
      ...(limitNanoUsd === undefined ? {} : { limitNanoUsd }),
      maxConcurrent: jobFile.maxConcurrent ?? JOB_FILE_DEFAULTS.maxConcurrent,
      jobsPerBatch: jobFile.jobsPerBatch ?? JOB_FILE_DEFAULTS.jobsPerBatch,
      pilot,
      resultsDir: jobFile.resultsDir ?? JOB_FILE_DEFAULTS.resultsDir,
    },
  };
  const reused = new Set(reuse.map((row) => row.ordinal));
  const toSend = rows.filter((_, ordinal) => !reused.has(ordinal));
  return {
    meta,
    rows,
    reuse,
    summary: await summarize(toSend, rows.length, {
      cells,
      registry,
      limitNanoUsd,
      pilot,
      earlierNanoUsd: context.earlier.spentNanoUsd,
    }),
    leftOut: expansion.leftOut,
    sources: toSend.map((row) => ({ source: row.source || row.id, bytes: row.estimate.bytes })),
    warnings: [...parsed.warnings, ...expansion.problems],
    notices: [
      ...expansion.notices.map(({ cell, message }) => `${cell}: ${message}`),
      ...beyondLimit(toSend, limitNanoUsd),
    ],
  };
}

/** Rows that the limit never leaves room for, however much of it is free. */
function beyondLimit(toSend: readonly PlannedRow[], limitNanoUsd: number | undefined): string[] {
  if (limitNanoUsd === undefined) return [];
  const beyond = toSend.filter((row) => row.estimate.reservedNanoUsd > limitNanoUsd);
  if (beyond.length === 0) return [];
  const needed = beyond.reduce((most, row) => Math.max(most, row.estimate.reservedNanoUsd), 0);
  const rows = beyond.length === 1 ? '1 row is' : `${String(beyond.length)} rows are`;
  return [
    `${rows} not sent under this limit: up to ${formatUsd(needed)} must be set aside for a single one.`,
  ];
}

async function planCells(
  expansion: Expansion,
  registry: ProviderRegistry,
): Promise<Map<string, PlannedCell>> {
  const cells = new Map<string, PlannedCell>();
  for (const { id, model, parameters, retry } of expansion.cells) {
    const provider = await registry.providerOf(model.name);
    cells.set(id, {
      id,
      model: model.name,
      provider: provider.name,
      parameters,
      retry: effectiveRetry(retry, parameters, model),
    });
  }
  return cells;
}

interface RowPlanning {
  readonly name: string;
  readonly jobFile: JobFile;
  readonly ranges: JobFileRanges;
  readonly expansion: Expansion;
}

/** Reads every input once, on this machine: what is hashed and estimated here is what is sent later. */
async function planRows(
  context: PlanContext,
  { name, jobFile, ranges, expansion }: RowPlanning,
): Promise<PlannedRow[]> {
  const { registry, now } = context;
  const loader = createJobFileLoader({
    root: context.root,
    jobFile,
    modelConfig: (model) => registry.modelConfig(model),
  });
  const rows: PlannedRow[] = [];
  const problems: Problem[] = [];
  const report = (cell: string, message: string): void => {
    const at = ['cells', jobFile.cells.findIndex((c) => c.id === cell)];
    problems.push({
      severity: 'error',
      message,
      file: name,
      path: formatJsonPath(at),
      range: ranges.value(at),
    });
  };
  for (const { id, cell, source } of expansion.rows) {
    const loaded = await loader.load({ id, cell, source });
    if (!loaded.ok) {
      report(cell, `${source || id}: ${loaded.message}`);
      continue;
    }
    const provider = await registry.providerOf(loaded.job.model);
    const issue = provider.validateJob(loaded.job)[0];
    if (issue !== undefined) {
      report(cell, `${source || id} (${issue.parameter}): ${issue.message}`);
      continue;
    }
    try {
      const estimate = estimateRow(provider, registry.modelConfig(loaded.job.model), loaded.job, now);
      rows.push({ id, cell, source, inputHash: loaded.inputHash, estimate });
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      report(cell, error.userMessage);
    }
  }
  if (problems.length > 0) throw new JobFileError(problems);
  return rows;
}

interface SummaryParts {
  readonly cells: ReadonlyMap<string, PlannedCell>;
  readonly registry: ProviderRegistry;
  readonly limitNanoUsd: number | undefined;
  readonly pilot: number;
  readonly earlierNanoUsd: number;
}

async function summarize(
  toSend: readonly PlannedRow[],
  total: number,
  parts: SummaryParts,
): Promise<PlanSummary> {
  const sum = (of: (row: PlannedRow) => number): number => toSend.reduce((all, row) => all + of(row), 0);
  const destinations = new Map<string, Destination>();
  for (const row of toSend) {
    const cell = parts.cells.get(row.cell);
    if (cell === undefined) continue;
    const known = destinations.get(cell.model);
    destinations.set(cell.model, {
      provider: cell.provider,
      model: cell.model,
      origin: (await parts.registry.providerOf(cell.model)).origin,
      caveat: parts.registry.modelConfig(cell.model).caveat,
      rows: (known?.rows ?? 0) + 1,
    });
  }
  return {
    rows: total,
    rowsToSend: toSend.length,
    rowsReused: total - toSend.length,
    bytes: sum((row) => row.estimate.bytes),
    inputTokens: sum((row) => row.estimate.inputTokens),
    expectedNanoUsd: sum((row) => row.estimate.expectedNanoUsd),
    worstNanoUsd: sum((row) => row.estimate.reservedNanoUsd),
    limitNanoUsd: parts.limitNanoUsd,
    waves: countWaves(
      toSend
        .map((row) => row.estimate.reservedNanoUsd)
        .filter((reserved) => reserved <= (parts.limitNanoUsd ?? reserved)),
      parts.limitNanoUsd,
    ),
    pilot: parts.pilot,
    earlierNanoUsd: parts.earlierNanoUsd,
    destinations: [...destinations.values()],
  };
}
