import { ValidationError } from '../../core/errors.ts';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { RunReader } from '../../core/stateManager.ts';
import { askOnTerminal } from '../askConsent.ts';
import { follow } from '../follow.ts';
import { ask, confirmed } from '../prompt.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';
import { JOB_FILE_CHANGED } from './run.ts';

export interface ResumeCommandOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly limitUsd?: number;
  readonly adopt?: string;
  readonly resend?: boolean;
  readonly takeOver?: boolean;
}

/** `resume [RUN|FILE]`: goes on with a run, after the person's decisions given as options. */
export async function resumeCommand(
  named: string | undefined,
  options: ResumeCommandOptions,
): Promise<number> {
  const session = await openSession(options, named);
  const { workspace, output } = session;
  const run = await workspace.findRun(named);
  const { runId } = run.meta;
  if (await workspace.jobFileChanged(run)) output.note(JOB_FILE_CHANGED);
  if (options.limitUsd !== undefined)
    await workspace.request(runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(options.limitUsd) });
  if (options.adopt !== undefined)
    await workspace.request(runId, {
      kind: 'adopt',
      nonce: adoptingNonce(run, options.adopt),
      batchId: options.adopt,
    });
  if (options.resend === true) await workspace.request(runId, { kind: 'resend' });
  if (run.ledger.phase === 'waiting') await workspace.request(runId, { kind: 'continue' });
  const askConsent = askOnTerminal(session, options.yes ?? false);
  return follow(session, runId, (hooks) =>
    workspace.resume(runId, { ...hooks, askConsent, takeOver: options.takeOver ?? false }),
  );
}

/** `resolve RUN`: the same decisions, asked one by one. */
export async function resolveCommand(named: string | undefined, options: GlobalOptions): Promise<number> {
  const session = await openSession(options, named);
  const run = await session.workspace.findRun(named);
  if (!session.output.interactive || session.output.json) {
    throw new ValidationError(
      'usage',
      'resolve asks questions and nobody can be asked here. Use resume with --limit-usd, --adopt or --resend.',
    );
  }
  session.output.note(`Run ${run.meta.runId}: ${run.ledger.phase}. ${run.ledger.endReason ?? ''}`);
  await decideBatches(session, run);
  await decideMoney(session, run);
  const askConsent = askOnTerminal(session, false);
  return follow(session, run.meta.runId, (hooks) =>
    session.workspace.resume(run.meta.runId, { ...hooks, askConsent }),
  );
}

async function decideBatches({ workspace }: Session, run: RunReader): Promise<void> {
  for (const batch of run.ledger.openBatches().filter((b) => b.state === 'uncertain')) {
    const candidates = batch.candidates.length === 0 ? 'none found' : batch.candidates.join(', ');
    const answer = await ask(
      `Batch ${batch.nonce}: ${String(batch.rows.length)} rows of ${batch.model}, sent ${new Date(batch.intendedAt).toISOString()}, at most ${formatUsd(batch.reservedNanoUsd)}.\n` +
        `Candidates at the service: ${candidates}.\n` +
        `[w]ait and look again, [r]esend its rows (may cost up to ${formatUsd(batch.reservedNanoUsd)} twice), or a batch id to adopt: `,
    );
    const choice = answer.trim();
    if (choice === 'r') await workspace.request(run.meta.runId, { kind: 'resend', nonce: batch.nonce });
    else if (choice !== '' && choice !== 'w')
      await workspace.request(run.meta.runId, { kind: 'adopt', nonce: batch.nonce, batchId: choice });
  }
}

async function decideMoney({ workspace }: Session, run: RunReader): Promise<void> {
  const { ledger, meta } = run;
  if (ledger.overspentRow !== undefined) {
    const row = ledger.row(ledger.overspentRow);
    const question = `${row.planned.source || row.planned.id} cost ${formatUsd(row.costNanoUsd)}, more than was reserved for it. Go on?`;
    if (await confirmed(question)) await workspace.request(meta.runId, { kind: 'continue' });
  }
  if (ledger.money.unconfirmedNanoUsd > 0) {
    const question = `${formatUsd(ledger.money.unconfirmedNanoUsd)} may or may not have been spent. Take it as not spent?`;
    if (await confirmed(question))
      await workspace.request(meta.runId, { kind: 'writeOff', nanoUsd: ledger.money.unconfirmedNanoUsd });
  }
  if (ledger.phase === 'stoppedByLimit') {
    const answer = await ask('New cost limit in USD (empty: leave it): ');
    const usd = Number(answer.trim());
    if (answer.trim() !== '' && usd > 0)
      await workspace.request(meta.runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(usd) });
  }
  if (ledger.phase === 'waiting') {
    const question =
      ledger.endCode === undefined ? 'The pilot is done. Send the rest?' : 'Send them all the same?';
    if (await confirmed(question)) await workspace.request(meta.runId, { kind: 'continue' });
  }
}

function adoptingNonce(run: RunReader, batchId: string): string {
  const uncertain = run.ledger.openBatches().filter((batch) => batch.state === 'uncertain');
  const named =
    uncertain.find((batch) => batch.candidates.includes(batchId)) ??
    (uncertain.length === 1 ? uncertain[0] : undefined);
  if (named === undefined) {
    throw new ValidationError(
      'usage',
      `No uncertain batch of run ${run.meta.runId} can be ${batchId}. See them with: batchbook status ${run.meta.runId}`,
    );
  }
  return named.nonce;
}
