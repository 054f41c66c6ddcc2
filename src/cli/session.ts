import { scaledClock, systemClock, type Clock } from '../core/clock.ts';
import { createServiceAccess } from '../workspace/access.ts';
import { openWorkspace } from '../workspace/openWorkspace.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { processOutput, type Output } from './output.ts';

/** Options that every verb takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly workspace?: string;
  readonly pollInterval?: number;
}

/** What a verb works with. */
export interface Session {
  readonly output: Output;
  readonly clock: Clock;
  readonly workspace: Workspace;
}

/** Seconds of the first poll when nothing else is asked for; `--poll-interval` scales every wait by its ratio to this. */
const NOMINAL_POLL_S = 5;

/** @param about The job file or run that the verb is about; a file decides the root where `--workspace` does not. */
export async function openSession(options: GlobalOptions, about?: string): Promise<Session> {
  const clock =
    options.pollInterval === undefined
      ? systemClock
      : scaledClock(systemClock, options.pollInterval / NOMINAL_POLL_S);
  const mockService = process.env['BATCHBOOK_MOCK_SERVICE'];
  const workspace = await openWorkspace({
    cwd: process.cwd(),
    clock,
    kind: 'cli',
    access: createServiceAccess({ env: process.env }),
    ...(options.workspace === undefined ? {} : { folder: options.workspace }),
    ...(about === undefined ? {} : { about }),
    ...(mockService === undefined ? {} : { mockService }),
  });
  return { output: processOutput(options.json ?? false), clock, workspace };
}
