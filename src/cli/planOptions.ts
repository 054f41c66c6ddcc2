import { nanoFromUsd } from '../core/money.ts';
import type { PlanOptions } from '../workspace/planJobFile.ts';
import type { GlobalOptions } from './session.ts';

/** Options of the verbs that plan a job file. */
export interface PlanningOptions extends GlobalOptions {
  readonly cell?: string;
  readonly pilot?: number;
  readonly limitUsd?: number;
  readonly all?: boolean;
}

/** The same in the words of the workspace. */
export function planOptions(options: PlanningOptions): PlanOptions {
  return {
    all: options.all ?? false,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
    ...(options.pilot === undefined ? {} : { pilot: options.pilot }),
    ...(options.limitUsd === undefined ? {} : { limitNanoUsd: nanoFromUsd(options.limitUsd) }),
  };
}
