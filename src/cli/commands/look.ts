import { open } from 'node:fs/promises';
import path from 'node:path';
import { describeStatus } from '../../core/describeStatus.ts';
import { ValidationError, describeCause } from '../../core/errors.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { formatResults, type ResultFormat } from '../exportResults.ts';
import { openSession, type GlobalOptions } from '../session.ts';
import { diagnose } from '../../workspace/diagnose.ts';

/** `status [RUN]`: one run, or all of them. Always ends 0. */
export async function statusCommand(named: string | undefined, options: GlobalOptions): Promise<number> {
  const { workspace, output } = await openSession(options, named);
  if (named !== undefined) {
    const status = await workspace.statusOf(await workspace.findRun(named));
    output.text(describeStatus(status));
    for (const batch of status.batches) {
      output.text(
        `  ${batch.id}  ${batch.provider}/${batch.model}  ${String(batch.rows)} rows  ${batch.state}${batch.message === undefined ? '' : `  ${batch.message}`}`,
      );
    }
    output.document(status);
    return EXIT_CODES.ok;
  }
  const { statuses, unreadable } = await workspace.allStatuses();
  if (statuses.length === 0 && unreadable.length === 0)
    output.text('There are no runs here yet. Start one with: batchbook run FILE');
  for (const status of statuses) output.text(describeStatus(status));
  for (const { runId, reason } of unreadable) output.note(`${runId}: ${reason}`);
  output.document({ runs: statuses, unreadable });
  return EXIT_CODES.ok;
}

export interface ResultsOptions extends GlobalOptions {
  readonly format: ResultFormat;
  readonly out?: string;
}

/** `results RUN`: writes the rows that have ended, one by one, to standard output or a new file. */
export async function resultsCommand(named: string | undefined, options: ResultsOptions): Promise<number> {
  const { workspace, output } = await openSession(options, named);
  const run = await workspace.findRun(named);
  const pieces = formatResults(run, options.json === true ? 'jsonl' : options.format);
  if (options.out === undefined) {
    for (const piece of pieces) {
      if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    return EXIT_CODES.ok;
  }
  const file = path.resolve(options.out);
  const handle = await open(file, 'wx').catch((error: unknown) => {
    throw new ValidationError(
      'outputConflict',
      `${file} cannot be written: ${describeCause(error)}. An existing file is never replaced; name another.`,
      { cause: error },
    );
  });
  try {
    for (const piece of pieces) await handle.appendFile(piece);
  } finally {
    await handle.close();
  }
  output.note(`Written to ${file}`);
  return EXIT_CODES.ok;
}

/** `models`: what there is, what it costs and what must be said of it. */
export async function modelsCommand(options: GlobalOptions): Promise<number> {
  const { workspace, output } = await openSession(options);
  const models = workspace.registry.listModels();
  for (const model of models) {
    const tier = model.prices[0]?.tiers[0];
    const price =
      tier === undefined
        ? 'price unknown'
        : tier.input === 0 && tier.output === 0
          ? 'free'
          : `$${String(tier.input * model.batchDiscount)} in, $${String(tier.output * model.batchDiscount)} out per million tokens in a batch`;
    output.text(
      `${model.name}  (${model.provider})  ${price}${model.caveat === undefined ? '' : `  ${model.caveat}`}`,
    );
  }
  output.document({ models });
  return EXIT_CODES.ok;
}

/** `cleanup`: removes what finished batches left here and at the services. */
export async function cleanupCommand(options: GlobalOptions): Promise<number> {
  const { workspace, output } = await openSession(options);
  const report = await workspace.cleanUp();
  output.text(
    `Cleaned up after ${String(report.batches)} finished batches; ${String(report.bytes)} bytes of spooled requests removed.`,
  );
  for (const failure of report.failures) output.note(failure);
  output.document(report);
  return report.failures.length === 0 ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
}

/** `doctor`: whether this machine and folder are fit for runs. Ends 1 when something is not. */
export async function doctorCommand(options: GlobalOptions): Promise<number> {
  const { workspace, output } = await openSession(options);
  const checks = await diagnose(workspace);
  for (const check of checks) output.text(`${check.ok ? 'ok  ' : 'BAD '} ${check.name}: ${check.detail}`);
  output.document({ checks });
  return checks.every((check) => check.ok) ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
}
