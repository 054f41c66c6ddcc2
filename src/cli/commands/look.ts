import { describeAge, describeRetention, describeStatus } from '../../core/describeStatus.ts';
import { priceInWords } from '../../core/modelConfig.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { describeCandidate } from '../batchWords.ts';
import { commandLine, nextStep } from '../hints.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';
import { table } from '../table.ts';

/** `status [RUN]`: one run, or all of them. Always ends 0. */
export async function statusCommand(named: string | undefined, options: GlobalOptions): Promise<number> {
  const session = await openSession(options, named);
  await (named === undefined ? showAll(session) : showOne(session, named));
  return EXIT_CODES.ok;
}

async function showOne({ workspace, output, clock }: Session, named: string): Promise<void> {
  const run = await workspace.findRun(named);
  const status = await workspace.statusOf(run);
  output.text(describeStatus(status));
  if (status.batches.length > 0) {
    const rows = status.batches.map((batch) => [
      batch.id,
      `${batch.provider}/${batch.model}`,
      String(batch.rows),
      batch.state,
      batch.message ??
        [describeAge(batch), describeRetention(batch, clock.now())].filter((part) => part !== '').join('; '),
    ]);
    output.text(`\n${table(['batch', 'model', 'rows', 'state', ''], rows, [2])}`);
    for (const { nonce, sentAt, candidates = [] } of status.batches) {
      if (candidates.length === 0) continue;
      output.text(`\nAt the service, and may be ${nonce}:`);
      for (const candidate of candidates) output.text(`  ${describeCandidate(candidate, sentAt)}`);
    }
  }
  if (status.batches.some(({ late }) => late))
    output.text(
      `\nGo on waiting, or cancel what takes long and send the rest again:  ${commandLine(workspace.root, 'resolve', status.runId)}`,
    );
  const next = nextStep(status, workspace.root, run.meta.jobFile?.path);
  if (next !== undefined) output.text(`\n${next}`);
  output.document(status);
}

async function showAll({ workspace, output }: Session): Promise<void> {
  const { statuses, unreadable } = await workspace.allStatuses();
  if (statuses.length === 0 && unreadable.length === 0)
    output.text(`There are no runs in ${workspace.root} yet. Start one with: batchbook run FILE`);
  for (const status of statuses) output.text(describeStatus(status));
  for (const { runId, reason } of unreadable) output.note(`Run ${runId} cannot be read: ${reason}`);
  output.document({ runs: statuses, unreadable });
}

/** `models`: what there is, what it costs and what must be said of it. */
export async function modelsCommand(options: GlobalOptions): Promise<number> {
  const { workspace, output } = await openSession(options);
  const models = workspace.registry.listModels();
  const rows = models.map((model) => [model.name, model.provider, priceInWords(model), model.caveat ?? '']);
  output.text(table(['model', 'provider', 'price in a batch', ''], rows));
  output.document({ models });
  return EXIT_CODES.ok;
}
