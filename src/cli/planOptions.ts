import path from 'node:path';
import { JobFileError } from '../core/errors.ts';
import { nanoFromUsd } from '../core/money.ts';
import type { JobPlan, PlanOptions } from '../workspace/planJobFile.ts';
import { shortest } from './hints.ts';
import type { GlobalOptions, Session } from './session.ts';

/** Options of the verbs that plan a job file. */
export interface PlanningOptions extends GlobalOptions {
  readonly cell?: string;
  readonly pilot?: number;
  readonly limitUsd?: number;
  readonly all?: boolean;
  readonly leaveOut?: readonly string[];
}

/**
 * Plans a job file as the options say.
 * @throws JobFileError whose problems name files as seen from the current folder, so that a terminal can open them.
 */
export async function planJob(
  { workspace }: Session,
  file: string,
  options: PlanningOptions,
): Promise<JobPlan> {
  try {
    return await workspace.plan(file, planOptions(options));
  } catch (error) {
    if (!(error instanceof JobFileError)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      file: shortest(path.join(workspace.root, problem.file)),
    }));
    throw new JobFileError(problems, { cause: error });
  }
}

function planOptions(options: PlanningOptions): PlanOptions {
  return {
    all: options.all ?? false,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
    ...(options.pilot === undefined ? {} : { pilot: options.pilot }),
    ...(options.leaveOut === undefined ? {} : { leaveOut: options.leaveOut }),
    ...(options.limitUsd === undefined ? {} : { limitNanoUsd: nanoFromUsd(options.limitUsd) }),
  };
}
