import { createHash } from 'node:crypto';
import path from 'node:path';
import { JobFileError, ValidationError, type Problem } from '../core/errors.ts';
import { formatUsd, nanoFromUsd } from '../core/money.ts';
import type { PlannedRow } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { ReusedRow } from '../core/reuse.ts';
import { STATE_FORMAT, type RunMeta } from '../core/stateManager.ts';
import { expandJobFile, type Expansion } from '../jobfile/expand.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import { JOB_FILE_DEFAULTS } from '../jobfile/schema.ts';
import type { EarlierRuns } from './earlierRuns.ts';
import { planProbes } from './planProbes.ts';
import { planCells, planRows } from './planRows.ts';
import { readJobFile } from './readJobFile.ts';
import { summarize, type PlanSummary } from './summarizePlan.ts';

export interface PlanOptions {
  /** Only the cell of this id. */
  readonly cell?: string;
  /** Instead of the job file's own. */
  readonly pilot?: number;
  readonly limitNanoUsd?: number;
  /** Send every row, also those that an earlier run has answered. */
  readonly all: boolean;
  /** Names of rows as in `JobPlan.sources`, that the person leaves out of this run. */
  readonly leaveOut?: readonly string[];
}

/** A job file ready to run: everything checked, nothing sent, nothing written. */
export interface JobPlan {
  readonly meta: RunMeta;
  readonly rows: readonly PlannedRow[];
  readonly reuse: readonly ReusedRow[];
  readonly summary: PlanSummary;
  readonly leftOut: readonly LeftOut[];
  /** Rows to send in whose input something looks like a secret, once each, and what, such as "a private key". */
  readonly likelySecrets: readonly { readonly source: string; readonly what: string }[];
  /** Files that would be sent, in plan order, with their bytes. */
  readonly sources: readonly { readonly source: string; readonly bytes: number }[];
  readonly warnings: readonly Problem[];
  readonly notices: readonly string[];
}

/** A file or another input that is no row of the run, and why. */
export type LeftOut = Expansion['leftOut'][number];

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
  const text = await readJobFile(context.jobFile, name);
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
    modelNames: registry.listModels().map(({ name }) => name),
    writtenBefore: context.earlier.written,
    ...(options.cell === undefined ? {} : { only: options.cell }),
    ...(options.leaveOut === undefined ? {} : { leaveOut: options.leaveOut }),
  });
  const errors = expansion.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) throw new JobFileError(errors);
  if (expansion.rows.length === 0 && options.leaveOut !== undefined)
    throw new ValidationError('usage', 'Everything is left out, so there is nothing to send.');
  if (expansion.rows.length === 0) {
    const message = 'No cell has rows, so there is nothing to send. Add a cell with a prompt.';
    const range = ranges.value(['cells']);
    throw new JobFileError([{ severity: 'error', message, file: name, path: 'cells', range }]);
  }

  const { cells: unprobed, notices } = await planCells(expansion, registry);
  const { rows, secrets } = await planRows({
    ...context,
    name,
    jobFile,
    ranges,
    rows: expansion.rows,
    cells: unprobed,
  });
  const reuse = options.all ? [] : await context.earlier.answers(rows);
  const limitNanoUsd =
    options.limitNanoUsd ??
    (jobFile.costLimitUsd === undefined ? undefined : nanoFromUsd(jobFile.costLimitUsd));
  const pilot = options.pilot ?? jobFile.pilot ?? JOB_FILE_DEFAULTS.pilot;
  const reused = new Set(reuse.map((row) => row.ordinal));
  const toSend = rows.filter((_, ordinal) => !reused.has(ordinal));
  const { cells, notices: probes } = await planProbes(unprobed, toSend, {
    registry,
    setting: jobFile.probe ?? JOB_FILE_DEFAULTS.probe,
    proven: context.earlier.proven,
    hasPilot: pilot > 0 && pilot < toSend.length,
  });
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
  return {
    meta,
    rows,
    reuse,
    summary: await summarize(toSend, rows.length, {
      cells,
      registry,
      limitNanoUsd,
      pilot,
      jobsPerBatch: meta.settings.jobsPerBatch,
      earlierNanoUsd: context.earlier.spentNanoUsd,
      at: context.now,
    }),
    leftOut: expansion.leftOut,
    likelySecrets: toSend.flatMap((row) => {
      const found = secrets.get(row.id);
      return found === undefined ? [] : [{ source: row.source || row.id, what: found.join(', ') }];
    }),
    sources: toSend.map((row) => ({ source: row.source || row.id, bytes: row.estimate.bytes })),
    warnings: [...parsed.warnings, ...expansion.problems],
    notices: [
      ...[...expansion.notices, ...notices, ...probes].map(({ cell, message }) => `${cell}: ${message}`),
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
