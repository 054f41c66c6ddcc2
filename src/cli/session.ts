import path from 'node:path';
import { scaledClock, systemClock, type Clock } from '../core/clock.ts';
import { ValidationError } from '../core/errors.ts';
import type { Provider } from '../core/provider.ts';
import { MockProvider } from '../providers/mock/mockProvider.ts';
import { overHttp } from '../providers/mock/httpTransport.ts';
import { Workspace } from '../workspace/workspace.ts';
import { findRoot } from '../jobfile/root.ts';
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

/** @param jobFile The file that the verb is about; it decides the root where `--workspace` does not. */
export async function openSession(options: GlobalOptions, jobFile?: string): Promise<Session> {
  const clock =
    options.pollInterval === undefined
      ? systemClock
      : scaledClock(systemClock, options.pollInterval / NOMINAL_POLL_S);
  const cwd = process.cwd();
  const root = await findRoot({
    jobFile: path.resolve(cwd, jobFile ?? 'job.batch.json'),
    cwd,
    ...(options.workspace === undefined ? {} : { workspace: path.resolve(cwd, options.workspace) }),
  });
  const workspace = new Workspace({
    root,
    clock,
    kind: 'cli',
    extraProviders: mockProviders(process.env['BATCHBOOK_MOCK_SERVICE']),
  });
  return { output: processOutput(options.json ?? false), clock, workspace };
}

/** The pretend service of the test suites, reached on this machine only; its models show in no list. */
function mockProviders(url: string | undefined): Provider[] {
  if (url === undefined) return [];
  const { hostname, origin } = new URL(url);
  if (hostname !== '127.0.0.1' && hostname !== '[::1]' && hostname !== 'localhost') {
    throw new ValidationError('usage', 'BATCHBOOK_MOCK_SERVICE may only name an address of this machine.');
  }
  return [new MockProvider({ transport: overHttp(origin) })];
}
