import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { StateError, ValidationError } from '../core/errors.ts';
import type { RunReader, StateManager } from '../core/stateManager.ts';
import type { RunFacts, RunIndex } from './runIndex.ts';

/** Where runs are looked for. */
export interface FindContext {
  readonly root: string;
  readonly stateDir: string;
  readonly state: StateManager;
  readonly index: RunIndex;
}

export interface OpenRunOptions {
  /** The person wants another one although a run that cannot be read may be an open one of the same job file. */
  readonly despiteUnreadable?: boolean;
}

/** A path as job files and runs name it: relative to the root, with `/`, NFC. */
export function relativeTo(root: string, absolute: string): string {
  return path.relative(root, absolute).split(path.sep).join('/').normalize('NFC');
}

/**
 * The run that a person names: its id, the end of one, a job file (its newest run), or nothing (the newest of all). One
 * that nobody has agreed to, left by a process that died while it began, comes last.
 * @throws ValidationError `usage` where there is none, or more than one.
 */
export async function findRun(context: FindContext, named: string | undefined): Promise<RunReader> {
  const { root, state, index } = context;
  const { runs, unreadable } = await index.all();
  const newest = newestOf(runs);
  if (named === undefined) {
    // Where no other can be meant, the reason why it cannot be read is the answer.
    const meant = newest ?? unreadable.at(-1);
    if (meant !== undefined) return state.readRun(meant.runId);
    throw new ValidationError('usage', `There are no runs in ${root}. Start one with: batchbook run FILE`);
  }
  const byId = runs.filter(({ runId }) => runId.endsWith(named.toLowerCase()));
  if (byId[0] !== undefined && byId.length === 1) return state.readRun(byId[0].runId);
  const jobFile = relativeTo(root, path.resolve(named));
  const ofFile = newestOf(runs.filter((run) => run.jobFile === jobFile));
  if (ofFile !== undefined) return state.readRun(ofFile.runId);
  // The reason why a run of that very id cannot be read is a better answer than that there is none.
  if ((await state.listRuns()).includes(named)) return state.readRun(named);
  const which =
    byId.length > 1
      ? `${String(byId.length)} runs: ${byId.map(({ runId }) => runId).join(', ')}. Give more of the id.`
      : `no run in ${root}. List them with: batchbook status`;
  throw new ValidationError('usage', `"${named}" names ${which}`);
}

/**
 * The run of a job file that is confirmed and not finished, if there is one.
 * @param jobFile Relative to the root.
 * @throws StateError `corruptState` where a run that cannot be read may be one: nobody can tell what it has sent.
 */
export async function openRunOf(
  context: FindContext,
  jobFile: string,
  options: OpenRunOptions = {},
): Promise<RunReader | undefined> {
  const { runs, unreadable } = await context.index.all();
  for (const { runId, reason } of options.despiteUnreadable === true ? [] : unreadable) {
    if (!(await mayBeOf(context, runId, jobFile))) continue;
    throw new StateError(
      'corruptState',
      `Run ${runId} may be an open run of ${jobFile}, and cannot be read: ${reason} Mend or move its folder, or start another run with --new.`,
    );
  }
  const open = runs.findLast((run) => run.jobFile === jobFile && run.confirmed && !run.finished);
  return open === undefined ? undefined : (await context.index.reader(open.runId)).reader;
}

/** Whether a run that cannot be read is of this job file, as far as its run.json tells. */
async function mayBeOf({ stateDir }: FindContext, runId: string, jobFile: string): Promise<boolean> {
  try {
    const text = await readFile(path.join(stateDir, 'runs', runId, 'run.json'), 'utf8');
    const meta = JSON.parse(text) as { readonly jobFile?: { readonly path?: unknown } };
    return meta.jobFile?.path === jobFile;
  } catch {
    return true;
  }
}

/** The newest run that somebody has agreed to, else the newest. @param runs Oldest first. */
function newestOf(runs: readonly RunFacts[]): RunFacts | undefined {
  return runs.findLast((run) => run.confirmed) ?? runs.at(-1);
}
