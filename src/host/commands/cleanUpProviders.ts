import { l10n, window, type QuickPickItem } from 'vscode';
import type { CleanUpPlan, Leftover } from '../../workspace/cleanUp.ts';
import type { Roots } from '../roots.ts';
import { maySend } from '../trust.ts';
import { bytesInWords, number } from '../words.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';

interface Part extends QuickPickItem {
  readonly leftovers: readonly Leftover[];
  readonly spooled: CleanUpPlan['spooled'];
}

const NOTHING_SPOOLED: CleanUpPlan['spooled'] = { files: [], bytes: 0 };

/** *Clean Up Provider Files*: shows what finished batches left at the providers and here, and removes what is chosen. */
export async function cleanUpProviders(roots: Roots): Promise<void> {
  if (!maySend()) return;
  const all = await roots.all();
  const plans = await withNotification({ title: l10n.t('Looking for what finished batches have left') }, () =>
    Promise.all(all.map((root) => root.planCleanUp())),
  );
  const failures = plans.flatMap((plan) => plan.failures);
  if (failures.length > 0)
    void showWarning(l10n.t('Not every provider could be asked: {0}', failures.join(' ')));
  const parts = partsOf(plans);
  if (parts.length === 0) {
    void showInformation(l10n.t('Finished batches have left nothing at the providers.'));
    return;
  }
  const chosen = await window.showQuickPick(parts, {
    canPickMany: true,
    title: l10n.t('Remove what finished batches have left'),
    placeHolder: l10n.t('Answers and runs stay. What is chosen here is deleted at the provider.'),
  });
  const [root] = all;
  if (chosen === undefined || chosen.length === 0 || root === undefined) return;
  const { cleanUp } = await import('../../workspace/cleanUp.ts');
  const report = await cleanUp(
    {
      leftovers: chosen.flatMap(({ leftovers }) => leftovers),
      spooled: {
        files: chosen.flatMap(({ spooled }) => spooled.files),
        bytes: chosen.reduce((sum, { spooled }) => sum + spooled.bytes, 0),
      },
    },
    root.registry,
  );
  if (report.failures.length > 0)
    void showWarning(l10n.t('Not everything could be removed: {0}', report.failures.slice(0, 3).join(' ')));
  else
    void showInformation(
      l10n.t('Removed {0} files and batches, {1}.', number(report.removed), bytesInWords(report.bytes)),
    );
}

/** By provider; what belongs to no run here is not chosen before somebody does. */
function partsOf(plans: readonly CleanUpPlan[]): Part[] {
  const here = once(plans.flatMap(({ ofRunsHere }) => ofRunsHere));
  // What is another folder's in one plan may be of a run in the next.
  const known = new Set(here.map(nameOf));
  const orphans = once(plans.flatMap(({ ofNoRunHere }) => ofNoRunHere)).filter(
    (leftover) => !known.has(nameOf(leftover)),
  );
  const spooled = {
    files: plans.flatMap((plan) => plan.spooled.files),
    bytes: plans.reduce((sum, plan) => sum + plan.spooled.bytes, 0),
  };
  return [
    ...parts(here, l10n.t('of finished batches'), true),
    ...parts(orphans, l10n.t('of no run in this window'), false),
    ...(spooled.files.length === 0
      ? []
      : [
          {
            label: l10n.t('Requests spooled here'),
            description: `${number(spooled.files.length)}, ${bytesInWords(spooled.bytes)}`,
            picked: true,
            leftovers: [],
            spooled,
          },
        ]),
  ];
}

function parts(leftovers: readonly Leftover[], whose: string, picked: boolean): Part[] {
  return [...Map.groupBy(leftovers, ({ title }) => title)].map(([title, all]) => {
    const bytes = all.reduce((sum, { artifact }) => sum + (artifact.bytes ?? 0), 0);
    return {
      label: title,
      description: `${number(all.length)} ${whose}${bytes === 0 ? '' : `, ${bytesInWords(bytes)}`}`,
      picked,
      leftovers: all,
      spooled: NOTHING_SPOOLED,
    };
  });
}

function once(leftovers: readonly Leftover[]): Leftover[] {
  return [...new Map(leftovers.map((leftover) => [nameOf(leftover), leftover])).values()];
}

function nameOf({ provider, artifact }: Leftover): string {
  return JSON.stringify([provider, artifact.id]);
}
