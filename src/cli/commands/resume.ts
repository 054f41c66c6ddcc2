import { ValidationError, isBatchbookError } from '../../core/errors.ts';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { LedgerBatch } from '../../core/runLedger.ts';
import type { RunReader } from '../../core/stateManager.ts';
import { askOnTerminal } from '../askConsent.ts';
import { adoptBatch } from '../../workspace/adoptBatch.ts';
import { attachTo } from '../attach.ts';
import { describeCandidate } from '../batchWords.ts';
import { follow } from '../follow.ts';
import { ask, confirmed } from '../prompt.ts';
import { decideLate, withdraw } from '../withdraw.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';
import { JOB_FILE_CHANGED } from './run.ts';

export interface ResumeCommandOptions extends GlobalOptions {
  readonly yes?: boolean;
  readonly limitUsd?: number;
  readonly adopt?: string;
  readonly resend?: boolean;
  readonly attach?: readonly string[];
  readonly cancelBatch?: string;
  readonly moveTo?: string;
  readonly takeOver?: boolean;
}

/** `resume [RUN|FILE]`: goes on with a run, after the person's decisions given as options. */
export async function resumeCommand(
  named: string | undefined,
  options: ResumeCommandOptions,
): Promise<number> {
  if (options.moveTo !== undefined && options.cancelBatch === undefined)
    throw new ValidationError('usage', 'Which batch is to be cancelled? Name it with --cancel-batch BATCH.');
  const session = await openSession(options, named);
  const { workspace, output } = session;
  const run = await workspace.findRun(named);
  const { runId } = run.meta;
  if (await workspace.jobFileChanged(run)) output.note(JOB_FILE_CHANGED);
  if (options.limitUsd !== undefined)
    await workspace.request(runId, { kind: 'setLimit', limitNanoUsd: nanoFromUsd(options.limitUsd) });
  if (options.adopt !== undefined)
    await adopt(session, run, adoptingNonce(run, options.adopt), options.adopt);
  await attachTo(session, run, options.attach ?? [], options.limitUsd);
  if (options.cancelBatch !== undefined) await withdraw(session, run, options.cancelBatch, options);
  if (options.resend === true) await resend(session, run, uncertainBatches(run));
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
      'resolve asks questions and nobody can be asked here. Use resume with --limit-usd, --adopt, --resend or --cancel-batch.',
    );
  }
  session.output.note(`Run ${run.meta.runId}: ${run.ledger.phase}. ${run.ledger.endReason ?? ''}`);
  await decideBatches(session, run);
  await decideLate(session, run);
  await decideMoney(session, run);
  const askConsent = askOnTerminal(session, false);
  return follow(session, run.meta.runId, (hooks) =>
    session.workspace.resume(run.meta.runId, { ...hooks, askConsent }),
  );
}

async function decideBatches(session: Session, run: RunReader): Promise<void> {
  for (const batch of uncertainBatches(run)) {
    const candidates = batch.candidates.map((c) => `  ${describeCandidate(c, batch.intendedAt)}\n`);
    const choice = await choose(
      session,
      `Batch ${batch.nonce}: ${String(batch.rows.length)} rows of ${batch.model}, sent ${new Date(batch.intendedAt).toISOString()}, at most ${formatUsd(batch.reservedNanoUsd)}.\n` +
        `At the service, and may be it: ${candidates.length === 0 ? 'nothing found\n' : `\n${candidates.join('')}`}` +
        `[w]ait and look again, [r]esend its rows (may cost up to ${formatUsd(batch.reservedNanoUsd)} twice), or a batch id to adopt: `,
      (id) => adopt(session, run, batch.nonce, id),
    );
    if (choice === 'r') await resend(session, run, [batch]);
  }
}

/** Asks until there is a choice: what cannot be adopted is refused with the reason, and asked again. */
async function choose(
  { output }: Session,
  question: string,
  adoptId: (id: string) => Promise<void>,
): Promise<'r' | 'w'> {
  for (;;) {
    const answer = (await ask(question)).trim();
    if (answer === '' || answer === 'w') return 'w';
    if (answer === 'r') return 'r';
    try {
      await adoptId(answer);
      return 'w';
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      output.note(error.userMessage);
    }
  }
}

async function adopt(
  { workspace, output }: Session,
  run: RunReader,
  nonce: string,
  id: string,
): Promise<void> {
  await adoptBatch(workspace, run, nonce, id);
  const { rows, model } = run.ledger.batch(nonce);
  output.note(
    `Adopting ${id} as batch ${nonce}: what it brings is collected onto the ${String(rows.length)} rows of ${model}.`,
  );
}

async function resend(
  { workspace, output }: Session,
  run: RunReader,
  batches: readonly LedgerBatch[],
): Promise<void> {
  if (batches.length === 0) output.note('There is no batch of which nobody knows whether it arrived.');
  for (const { nonce, rows, model, reservedNanoUsd } of batches) {
    await workspace.request(run.meta.runId, { kind: 'resend', nonce });
    output.note(
      `Sending the ${String(rows.length)} rows of batch ${nonce} to ${model} again. If it did arrive they may cost up to ${formatUsd(reservedNanoUsd)} twice; that much counts as unconfirmed until you write it off.`,
    );
  }
}

function uncertainBatches(run: RunReader): LedgerBatch[] {
  return run.ledger.openBatches().filter(({ state }) => state === 'uncertain');
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
  const uncertain = uncertainBatches(run);
  const named =
    uncertain.find((batch) => batch.candidates.some((c) => c.batchId === batchId)) ??
    (uncertain.length === 1 ? uncertain[0] : undefined);
  if (named === undefined) {
    throw new ValidationError(
      'usage',
      `No uncertain batch of run ${run.meta.runId} can be ${batchId}. See them with: batchbook status ${run.meta.runId}`,
    );
  }
  return named.nonce;
}
