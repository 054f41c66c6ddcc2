import { ValidationError } from '../../core/errors.ts';
import { nanoFromUsd } from '../../core/money.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { describePlan, planDocument } from '../../workspace/describePlan.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import { follow } from '../follow.ts';
import { confirmed } from '../prompt.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';

export interface RunOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly cell?: string;
  readonly pilot?: number;
  readonly limitUsd?: number;
  readonly new?: boolean;
  readonly all?: boolean;
}

/** `run FILE`: goes on with the open run of this job file, or plans, shows, asks, and runs it. */
export async function runCommand(file: string, options: RunOptions): Promise<number> {
  const session = await openSession(options, file);
  const { workspace, output } = session;
  const open = await workspace.openRunOf(file);
  if (open !== undefined && options.new !== true) {
    const { runId } = open.meta;
    output.note(`Going on with the open run ${runId} of this job file (another one: --new).`);
    if (await workspace.jobFileChanged(open)) {
      output.note(
        'The job file has changed since; this run follows it as it was. Run it again afterwards to send what changed.',
      );
    }
    if (options.limitUsd !== undefined)
      await workspace.request(runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(options.limitUsd) });
    return follow(session, runId, (hooks) => workspace.resume(runId, hooks));
  }
  const plan = await workspace.plan(file, planOptions(options));
  output.note(describePlan(plan));
  if (open !== undefined) {
    const { counts } = await workspace.statusOf(open);
    output.note(
      `The open run ${open.meta.runId} goes on beside this one: ${String(counts.submitted)} of its rows are at a service and ${String(counts.pending)} wait.`,
    );
  }
  await agree(session, plan, options.yes ?? false);
  const by = options.yes === true ? 'flag' : 'prompt';
  return follow(session, plan.meta.runId, (hooks) => workspace.start(plan, by, hooks));
}

/** `estimate FILE`: what `run` would show before asking; sends nothing and writes nothing. */
export async function estimateCommand(file: string, options: RunOptions): Promise<number> {
  const session = await openSession(options, file);
  const plan = await session.workspace.plan(file, planOptions(options));
  session.output.text(describePlan(plan));
  session.output.document(planDocument(plan));
  return EXIT_CODES.ok;
}

function planOptions(options: RunOptions): Parameters<Session['workspace']['plan']>[1] {
  return {
    all: options.all ?? false,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
    ...(options.pilot === undefined ? {} : { pilot: options.pilot }),
    ...(options.limitUsd === undefined ? {} : { limitNanoUsd: nanoFromUsd(options.limitUsd) }),
  };
}

/** Nothing leaves unseen (promise P7). @throws ValidationError `notConfirmed`. */
async function agree({ output }: Session, plan: JobPlan, yes: boolean): Promise<void> {
  if (yes || plan.summary.rowsToSend === 0) return;
  if (!output.interactive || output.json) {
    throw new ValidationError(
      'notConfirmed',
      'Nothing was sent: nobody can be asked here. Say yes beforehand with --yes.',
    );
  }
  if (!(await confirmed('Send these rows?'))) throw new ValidationError('notConfirmed', 'Nothing was sent.');
}
