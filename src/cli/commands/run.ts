import { ValidationError, isBatchbookError } from '../../core/errors.ts';
import { nanoFromUsd } from '../../core/money.ts';
import type { RunReader } from '../../core/stateManager.ts';
import { assertHasKeys } from '../../workspace/access.ts';
import { attachmentsToPlan } from '../../workspace/attachBatches.ts';
import { describePlan } from '../../workspace/describePlan.ts';
import { inputAmong } from '../../workspace/earlierRuns.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import { askOnTerminal } from '../askConsent.ts';
import { attachTo } from '../attach.ts';
import { describeAttachment } from '../batchWords.ts';
import { follow } from '../follow.ts';
import { planJob, type PlanningOptions } from '../planOptions.ts';
import { confirmed } from '../prompt.ts';
import { openSession, type Session } from '../session.ts';

export interface RunOptions extends PlanningOptions {
  readonly yes?: boolean;
  readonly new?: boolean;
  readonly attach?: readonly string[];
}

/** `run FILE`: goes on with the open run of this job file, or plans, shows, asks, and runs it. */
export async function runCommand(file: string, options: RunOptions): Promise<number> {
  const session = await openSession(options, file);
  const { workspace, output } = session;
  const another = options.new ?? false;
  const open = await workspace.openRunOf(file, { despiteUnreadable: another });
  if (open !== undefined && !another) return goOn(session, open, options);
  const plan = await planJob(session, file, options);
  output.note(describePlan(plan));
  const attach = await attachmentsToPlan(workspace, plan, options.attach ?? []);
  for (const attachment of attach) output.note(`  ${describeAttachment(attachment)}`);
  if (open !== undefined) {
    const { counts } = await workspace.statusOf(open);
    output.note(
      `  The open run ${open.meta.runId} goes on beside this one: ${String(counts.submitted)} of its rows ${counts.submitted === 1 ? 'is' : 'are'} at a service and ${String(counts.pending)} ${counts.pending === 1 ? 'waits' : 'wait'}.`,
    );
  }
  await agree(session, plan, options.yes ?? false);
  const by = options.yes === true ? 'flag' : 'prompt';
  try {
    return await follow(session, plan.meta.runId, (hooks) =>
      workspace.start(plan, by, {
        ...hooks,
        despiteUnreadable: another,
        attach,
        ...(open === undefined ? {} : { beside: open.meta.runId }),
      }),
    );
  } catch (error) {
    if (another || !isBatchbookError(error) || error.code !== 'runOpen') throw error;
    return runCommand(file, options); // somebody else has started this job file meanwhile
  }
}

/** Drives the open run as it was confirmed; only its limit may be another now. */
async function goOn(session: Session, open: RunReader, options: RunOptions): Promise<number> {
  const { workspace, output } = session;
  const { runId } = open.meta;
  assertNotAmong(open, options.leaveOut ?? []);
  output.note(`Going on with the open run ${runId} of this job file (another one: --new).`);
  const unused = unusedOptions(open, options);
  if (unused.length > 0)
    output.note(`It was planned without ${unused.join(' and ')}, and goes on as it was planned.`);
  if (await workspace.jobFileChanged(open)) output.note(JOB_FILE_CHANGED);
  if (options.limitUsd !== undefined)
    await workspace.request(runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(options.limitUsd) });
  await attachTo(session, open, options.attach ?? [], options.limitUsd);
  const askConsent = askOnTerminal(session, options.yes ?? false);
  return follow(session, runId, (hooks) => workspace.resume(runId, { ...hooks, askConsent }));
}

/** Said wherever a run goes on whose job file is another by now. */
export const JOB_FILE_CHANGED =
  'The job file has changed since; this run follows it as it was. Run it again afterwards to send what changed.';

function unusedOptions({ meta }: RunReader, options: RunOptions): string[] {
  return [
    ...(options.cell !== undefined && options.cell !== meta.onlyCell ? [`--cell ${options.cell}`] : []),
    ...(options.pilot !== undefined && options.pilot !== meta.settings.pilot
      ? [`--pilot ${String(options.pilot)}`]
      : []),
  ];
}

/** What the person wants to keep here must not leave with a run that has it. @throws ValidationError `usage`. */
function assertNotAmong(run: RunReader, leaveOut: readonly string[]): void {
  const unwanted = inputAmong(run, leaveOut);
  if (unwanted === undefined) return;
  throw new ValidationError(
    'usage',
    `The open run ${run.meta.runId} has "${unwanted}" among its rows, and goes on as it was planned. Stop it with "stop", or start another run with --new.`,
  );
}

/** Nothing leaves unseen (promise P7). @throws ValidationError `notConfirmed`. */
async function agree({ output, workspace }: Session, plan: JobPlan, yes: boolean): Promise<void> {
  assertHasKeys(plan.summary.destinations, workspace.registry.services);
  if (yes || plan.summary.rowsToSend === 0) return;
  if (!output.interactive || output.json) {
    throw new ValidationError(
      'notConfirmed',
      'Nothing was sent: nobody can be asked here. Say yes beforehand with --yes.',
    );
  }
  const rows = plan.summary.rowsToSend;
  if (!(await confirmed(rows === 1 ? 'Send this row?' : `Send these ${String(rows)} rows?`)))
    throw new ValidationError('notConfirmed', 'Nothing was sent.');
}
