import { scaledClock, systemClock, type Clock } from '../core/clock.ts';
import { createServiceAccess } from '../workspace/access.ts';
import { readConfigFile, type ConfigFile } from '../workspace/configFile.ts';
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
  readonly config: ConfigFile;
}

/** Seconds of the first poll when nothing else is asked for; `--poll-interval` scales every wait by its ratio to this. */
const NOMINAL_POLL_S = 5;

/**
 * What is wrong in the configuration file stops only what needs it.
 *
 * @param about The job file or run that the verb is about; a file decides the root where `--workspace` does not.
 * @param how `quietly`: what is wrong in the configuration is not said here.
 */
export async function openSession(
  options: GlobalOptions,
  about?: string,
  how: 'aloud' | 'quietly' = 'aloud',
): Promise<Session> {
  const clock =
    options.pollInterval === undefined
      ? systemClock
      : scaledClock(systemClock, options.pollInterval / NOMINAL_POLL_S);
  const mockService = process.env['BATCHBOOK_MOCK_SERVICE'];
  const config = await readConfigFile(process.env);
  const settings = () => config.settings;
  const workspace = await openWorkspace({
    cwd: process.cwd(),
    clock,
    kind: 'cli',
    access: createServiceAccess({ env: process.env, settings }),
    settings,
    ...(options.workspace === undefined ? {} : { folder: options.workspace }),
    ...(about === undefined ? {} : { about }),
    ...(mockService === undefined ? {} : { mockService }),
  });
  const output = processOutput(options.json ?? false);
  if (how === 'aloud') for (const { message } of workspace.registry.problems) output.note(message);
  return { output, clock, workspace, config };
}
