import type { BatchRun } from '../core/batchRun.ts';
import { describeStatus } from '../core/describeStatus.ts';
import { ValidationError, isBatchbookError, type BatchbookError } from '../core/errors.ts';
import type { RunStatus } from '../core/status.ts';
import { EXIT_CODES } from '../core/vocabulary.ts';
import type { DriveOptions } from '../workspace/workspace.ts';
import { exitCodeOf } from './exitCode.ts';
import { nextStep } from './hints.ts';
import type { Session } from './session.ts';
import { summaryTable, whereResultsAre } from './summaryTable.ts';
import { createProgressView, type ProgressView } from './progress.ts';

const WATCH_EVERY_MS = 2_000;

/** How a verb gets hold of the run that it drives; `undefined`: the person has said no to what it sends. */
export type Drive = (
  hooks: Required<Pick<DriveOptions, 'signal' | 'onProgress'>>,
) => Promise<BatchRun | undefined>;

/**
 * Drives a run to where it goes no further by itself, showing how it goes; or watches it while another process drives
 * it, and takes over should that one die. Resolves to the exit code.
 * @throws ValidationError `notConfirmed`.
 */
export async function follow(session: Session, runId: string, drive: Drive): Promise<number> {
  const view = createProgressView(process.stderr);
  const interrupt = new AbortController();
  let run: BatchRun | undefined;
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT_CODES.interrupted); // asked a second time
    interrupt.abort();
    view.close();
    session.output.note(
      'Stopping: nothing more is sent. What is at the service goes on there; resume collects it.',
    );
    void run?.shutdown();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    for (;;) {
      try {
        run = await drive({
          signal: interrupt.signal,
          onProgress: (status) => {
            view.update(status);
          },
        });
        if (run === undefined) throw new ValidationError('notConfirmed', 'Nothing was sent.');
        if (interrupt.signal.aborted) void run.shutdown();
        const status = await run.finished();
        view.close();
        return await showEnd(session, status);
      } catch (error) {
        if (run !== undefined && isBatchbookError(error) && error.code === 'disk') {
          view.close();
          return await showEnd(session, await brokenOff(session, runId, error));
        }
        if (!isBatchbookError(error) || error.code !== 'leaseHeld') throw error;
        if (interrupt.signal.aborted) return EXIT_CODES.interrupted; // while it waited for the run
        const watched = await watch(session, runId, view, interrupt.signal);
        if (watched !== undefined) return watched;
      }
    }
  } finally {
    view.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** The status of a run whose driver could not write on, with the reason. */
async function brokenOff({ workspace }: Session, runId: string, error: BatchbookError): Promise<RunStatus> {
  const status = await workspace.statusOf(await workspace.read(runId));
  return { ...status, reason: error.userMessage, code: error.code };
}

/** Shows a run that another process drives. Resolves to the exit code, or `undefined` when its driver is gone. */
async function watch(
  session: Session,
  runId: string,
  view: ProgressView,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { workspace, output, clock } = session;
  const reader = await workspace.read(runId);
  const driver = await reader.holder();
  if (driver === undefined || !(await workspace.isDriven(reader))) return undefined; // it has just gone
  output.note(
    `This run is being driven by the ${driver.kind} process ${String(driver.pid)} on ${driver.host}. Watching it; Ctrl+C ends the watching, not the run.`,
  );
  for (;;) {
    await reader.refresh();
    const status = await workspace.statusOf(reader);
    view.update(status);
    if (signal.aborted) {
      view.close();
      return showEnd(session, status);
    }
    const holder = await reader.holder();
    if (holder === undefined || holder.liveness === 'dead') return undefined;
    if (holder.liveness === 'released') {
      await reader.refresh();
      view.close();
      return showEnd(session, await workspace.statusOf(reader));
    }
    await clock.sleep(WATCH_EVERY_MS, signal);
  }
}

async function showEnd({ workspace, output }: Session, status: RunStatus): Promise<number> {
  const run = await workspace.read(status.runId);
  const next = nextStep(status, workspace.root, run.meta.jobFile?.path);
  output.text(summaryTable(run));
  output.text(`\n${describeStatus(status)}\n`);
  if (status.completed > 0) output.text(whereResultsAre(run, workspace.root));
  if (next !== undefined) output.text(next);
  output.document(status);
  return exitCodeOf(status);
}
