import { ValidationError } from '../../core/errors.ts';
import { EXIT_CODES } from '../../core/vocabulary.ts';
import { cleanUp, type CleanUpPlan, type Leftover } from '../../workspace/cleanUp.ts';
import { formatBytes } from '../../workspace/planText.ts';
import { confirmed } from '../prompt.ts';
import { openSession, type GlobalOptions } from '../session.ts';
import { table } from '../table.ts';

export interface CleanupOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly orphans?: boolean;
}

/** `cleanup`: shows what finished batches left here and at the services, asks, and removes it. */
export async function cleanupCommand(options: CleanupOptions): Promise<number> {
  const { workspace, output } = await openSession(options);
  const plan = await workspace.planCleanUp();
  const leftovers = [...plan.ofRunsHere, ...(options.orphans === true ? plan.ofNoRunHere : [])];
  output.text(describe(plan, options.orphans === true));
  for (const failure of plan.failures) output.note(`Could not be asked: ${failure}`);
  const nothing = leftovers.length === 0 && plan.spooled.files.length === 0;
  if (options.dryRun === true || nothing) {
    output.document({ plan });
    return plan.failures.length === 0 ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
  }
  if (options.yes !== true) {
    if (!output.interactive || output.json)
      throw new ValidationError('notConfirmed', 'Nothing was removed: say yes with --yes.');
    if (!(await confirmed('Remove this?'))) throw new ValidationError('notConfirmed', 'Nothing was removed.');
  }
  const report = await cleanUp({ leftovers, spooled: plan.spooled }, workspace.registry);
  output.text(`Removed ${things(report.removed)} at the services, ${formatBytes(report.bytes)} in all.`);
  for (const failure of report.failures) output.note(`Not removed: ${failure}`);
  output.document({ plan, report });
  return report.failures.length + plan.failures.length === 0 ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
}

function describe({ ofRunsHere, ofNoRunHere, stays, spooled }: CleanUpPlan, withOrphans: boolean): string {
  const rows = [
    ...byProvider(ofRunsHere).map((row) => [...row, 'of finished batches']),
    ...byProvider(ofNoRunHere).map((row) => [
      ...row,
      withOrphans ? 'of no run here' : 'of no run here; stays without --orphans',
    ]),
    ...(spooled.files.length === 0
      ? []
      : [['here', things(spooled.files.length), formatBytes(spooled.bytes), 'spooled requests']]),
  ];
  const kept =
    stays === 0
      ? ''
      : `\n${things(stays)} at the services ${stays === 1 ? 'stays' : 'stay'}: of batches that are not finished, or of runs that nobody agreed to on this machine.`;
  if (rows.length === 0) return `There is nothing to remove.${kept}`;
  return `${table(['where', 'what', 'size', ''], rows, [1, 2])}${kept}`;
}

function byProvider(leftovers: readonly Leftover[]): string[][] {
  return [...Map.groupBy(leftovers, ({ title }) => title)].map(([title, all]) => {
    const sizes = all.flatMap(({ artifact }) => artifact.bytes ?? []);
    const sum = formatBytes(sizes.reduce((a, b) => a + b, 0));
    return [
      title,
      things(all.length),
      sizes.length === 0 ? '' : sizes.length < all.length ? `${sum} or more` : sum,
    ];
  });
}

function things(count: number): string {
  return count === 1 ? '1 thing' : `${String(count)} things`;
}
