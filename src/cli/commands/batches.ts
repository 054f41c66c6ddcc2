import { formatDuration } from '../../core/duration.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { DEFAULT_DAYS, batchesAtProviders, type StrayBatch } from '../../workspace/batchesAtProviders.ts';
import { commandLine } from '../hints.ts';
import { openSession, type GlobalOptions } from '../session.ts';
import { table } from '../table.ts';

export interface BatchesOptions extends GlobalOptions {
  readonly days?: number;
}

/** `batches`: what is at the services that this program made and no run here knows. Ends 1 where one could not be asked. */
export async function batchesCommand(options: BatchesOptions): Promise<number> {
  const { workspace, output, clock } = await openSession(options);
  const days = options.days ?? DEFAULT_DAYS;
  const { batches, failures, withoutKey } = await batchesAtProviders(workspace, { days });
  const rows = batches.map((batch) => [
    batch.batchId,
    batch.model === undefined ? batch.provider : `${batch.provider}/${batch.model}`,
    batch.rows === undefined ? '?' : String(batch.rows),
    batch.state,
    batch.createdAt === undefined ? '' : `${formatDuration(clock.now() - batch.createdAt)} ago`,
    whose(batch),
  ]);
  output.text(
    rows.length === 0
      ? `Nothing that was made in the last ${String(days)} days and is known to no run in ${workspace.root}.`
      : table(['batch', 'model', 'rows', 'state', 'made', ''], rows, [2]),
  );
  for (const batch of batches) {
    const hint = hintFor(batch, workspace.root);
    if (hint !== undefined) output.text(`\n${hint}`);
  }
  if (
    batches.some(
      ({ mark, attachableTo, uncertainIn }) => mark !== undefined && !(uncertainIn ?? attachableTo[0]),
    )
  )
    output.text(
      `\nOf a job file here, over the same inputs? Collect it instead of sending its rows:  ${commandLine(workspace.root, 'run', 'FILE', '--attach', 'BATCH')}`,
    );
  if (withoutKey.length > 0) output.note(`Not asked, for want of a key: ${withoutKey.join(', ')}.`);
  for (const { provider, reason } of failures) output.note(`${provider} could not be asked: ${reason}`);
  output.document({ batches, failures, withoutKey });
  return failures.length === 0 ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
}

function whose({ mark, attachableTo, uncertainIn }: StrayBatch): string {
  if (uncertainIn !== undefined) return `sent by run ${uncertainIn}, which does not know it`;
  if (mark === undefined) return 'may be yours: its end will tell';
  if (attachableTo.length > 0) return 'of the same plan as a run here';
  return 'sent elsewhere, or by a run that is gone';
}

function hintFor({ batchId, attachableTo, uncertainIn }: StrayBatch, root: string): string | undefined {
  if (uncertainIn !== undefined)
    return `Adopt:   ${commandLine(root, 'resume', uncertainIn, '--adopt', batchId)}`;
  const [run] = attachableTo;
  return run === undefined ? undefined : `Attach:  ${commandLine(root, 'resume', run, '--attach', batchId)}`;
}
