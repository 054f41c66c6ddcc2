import { l10n } from 'vscode';
import { formatUsd, usdFromNano } from '../../core/money.ts';
import type { ConfirmState, Fact, Warning } from '../../protocol/confirmSurface.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import type { PlanSummary } from '../../workspace/summarizePlan.ts';
import { bytesInWords, number, sum, tokensInWords } from '../words.ts';
import type { FileGroups } from './fileGroups.ts';
import { inputsOf } from './planInputs.ts';
import { plainTexts } from './plainTexts.ts';

/** Rows of the pilot that is offered, and from how many rows on one makes sense. */
export const PILOT_ROWS = 20;
const PILOT_FROM = 41;
const SHOWN_SECRETS = 20;
const SHOWN_NOTES = 50;

/** The page before sending, from the plan alone: what the person reads is what is sent. */
export function confirmState(
  plan: JobPlan,
  groups: FileGroups,
  moment: Pick<ConfirmState, 'revision' | 'busy' | 'news'>,
): ConfirmState {
  const { summary } = plan;
  return plainTexts<ConfirmState>({
    ...moment,
    title: summary.destinations.every(({ origin }) => origin === undefined)
      ? l10n.t('What is worked on')
      : l10n.t('What leaves this machine'),
    subtitle: subtitle(plan),
    facts: [inputsFact(plan), tokensFact(summary), destinationFact(summary), costFact(summary)],
    cautions: cautions(summary),
    secrets: warning(plan),
    sent: { title: l10n.t('Sent'), summary: sentSummary(plan), folders: groups.sent },
    stays: { title: l10n.t('Stays here'), groups: groups.stays },
    notes: { title: l10n.t('To know'), lines: capped(notes(plan), SHOWN_NOTES) },
    listFailed: l10n.t('This list could not be read. Fold it and open it again.'),
    actions: {
      send:
        summary.rowsToSend === 1 ? l10n.t('Send 1 Row') : l10n.t('Send {0} Rows', number(summary.rowsToSend)),
      pilot:
        summary.pilot === 0 && summary.rowsToSend >= PILOT_FROM
          ? l10n.t('Pilot of {0} First', PILOT_ROWS)
          : undefined,
      cancel: l10n.t('Cancel'),
    },
    blocked: blocked(summary),
    footnote: footnote(summary),
  });
}

function subtitle({ meta }: JobPlan): string {
  const file = meta.jobFile?.path ?? meta.title;
  return meta.onlyCell === undefined
    ? l10n.t('{0}, {1}. Nothing has been sent yet.', meta.title, file)
    : l10n.t('Cell {0} of {1}. Nothing has been sent yet.', meta.onlyCell, file);
}

/** Files are counted once each, whatever number of cells asks about them. */
function inputsFact(plan: JobPlan): Fact {
  const { summary, sources } = plan;
  const inputOf = inputsOf(plan);
  const onlyFiles = sources.every(({ source }) => inputOf(source).kind === 'file');
  const count = onlyFiles ? new Set(sources.map(({ source }) => source)).size : summary.rowsToSend;
  return {
    icon: 'files',
    label: onlyFiles ? l10n.t('Files') : l10n.t('Rows'),
    value: number(count),
    note: bytesInWords(summary.bytes),
    details: [],
  };
}

function tokensFact({ inputTokens, outputTokensAtMost }: PlanSummary): Fact {
  return {
    icon: 'symbol-ruler',
    label: l10n.t('Tokens, estimated'),
    value: tokensInWords(inputTokens),
    note: l10n.t('in, up to {0} out', tokensInWords(outputTokensAtMost)),
    details: [],
  };
}

function destinationFact({ destinations }: PlanSummary): Fact {
  const local = destinations.every(({ origin }) => origin === undefined);
  const places = destinations.map(({ origin, title }) =>
    origin === undefined ? l10n.t('this machine') : title,
  );
  return {
    icon: local ? 'device-desktop' : 'cloud-upload',
    label: l10n.t('Goes to'),
    value: [...new Set(places)].join(', '),
    note: destinations.map(({ model }) => model).join(', '),
    details: [...new Set(destinations.flatMap(({ origin, caveat }) => [origin ?? [], caveat ?? []].flat()))],
  };
}

function costFact({ expectedNanoUsd, worstNanoUsd, limitNanoUsd, pricesAsOf }: PlanSummary): Fact {
  const base = { icon: 'credit-card', label: l10n.t('Costs') };
  if (worstNanoUsd === 0) return { ...base, value: l10n.t('free'), note: '', details: [] };
  return {
    ...base,
    value: formatUsd(roundedToCents(expectedNanoUsd)),
    note:
      limitNanoUsd === undefined
        ? l10n.t('at most {0}, no limit set', formatUsd(worstNanoUsd))
        : l10n.t('at most {0}, limit {1}', formatUsd(worstNanoUsd), formatUsd(limitNanoUsd)),
    details: pricesAsOf === undefined ? [] : [l10n.t('prices of {0}', pricesAsOf)],
  };
}

/** Cents are enough for an expectation that is above one. */
function roundedToCents(nanoUsd: number): number {
  return nanoUsd < 10_000_000 ? nanoUsd : Math.round(nanoUsd / 10_000_000) * 10_000_000;
}

function sentSummary({ summary, meta }: JobPlan): string {
  const { rowsToSend, batches, batchesAreExact, pilot } = summary;
  const requests = rowsToSend === 1 ? l10n.t('1 request') : l10n.t('{0} requests', number(rowsToSend));
  const atOnce = number(meta.settings.maxConcurrent);
  const inBatches =
    batches === 1
      ? l10n.t('{0} in 1 batch', requests)
      : batchesAreExact
        ? l10n.t('{0} in {1} batches, {2} at once', requests, number(batches), atOnce)
        : l10n.t('{0} in about {1} batches, {2} at once', requests, number(batches), atOnce);
  return pilot > 0 ? l10n.t('{0}; {1} of them first, as a pilot', inBatches, number(pilot)) : inBatches;
}

function warning({ likelySecrets }: JobPlan): Warning | undefined {
  if (likelySecrets.length === 0) return undefined;
  const one = likelySecrets.length === 1;
  return {
    text: one
      ? l10n.t('1 input looks as if it held secrets.')
      : l10n.t('{0} inputs look as if they held secrets.', number(likelySecrets.length)),
    items: capped(
      likelySecrets.map(({ source, what }) => `${source}: ${what}`),
      SHOWN_SECRETS,
    ),
    look: one ? l10n.t('Look at It') : l10n.t('Look at Them'),
    leaveOut: one ? l10n.t('Leave It Out') : l10n.t('Leave Them Out'),
  };
}

function cautions({ destinations }: PlanSummary): string[] {
  const foreign = destinations.filter(({ origin, isVendor }) => origin !== undefined && !isVendor);
  return foreign.map(({ title, origin }) =>
    l10n.t('{0} is reached at {1}, which is not a vendor’s own address.', title, origin ?? ''),
  );
}

function notes({ summary, notices, warnings }: JobPlan): string[] {
  return [
    ...(summary.waves > 1
      ? [l10n.t('The limit cuts the run into {0} waves, one after the other.', number(summary.waves))]
      : []),
    ...(summary.earlierNanoUsd > 0
      ? [l10n.t('This job file has cost {0} so far.', sum(usdFromNano(summary.earlierNanoUsd)))]
      : []),
    ...(summary.worstNanoUsd > 0
      ? [
          l10n.t(
            '"At most" counts the estimated tokens plus 25 % for text and 60 % for PDF and images, and answers of full length.',
          ),
        ]
      : []),
    ...warnings.filter(({ about }) => about !== 'leftOut').map(({ message }) => message),
    ...notices,
  ];
}

/** The first lines, and how many more there are. */
function capped(lines: readonly string[], shown: number): readonly string[] {
  const more = lines.length - shown;
  return more > 0 ? [...lines.slice(0, shown), l10n.t('and {0} more', number(more))] : lines;
}

function footnote({ limitNanoUsd, worstNanoUsd }: PlanSummary): string {
  if (worstNanoUsd === 0) return '';
  return limitNanoUsd === undefined
    ? l10n.t('This job file has no cost limit.')
    : l10n.t('Before each batch, spent + in flight + next must fit under {0}.', formatUsd(limitNanoUsd));
}

function blocked({ destinations }: PlanSummary): string | undefined {
  const keyless = destinations.find(({ hasKey }) => !hasKey);
  return keyless === undefined
    ? undefined
    : l10n.t(
        'There is no key of {0} for {1}. Set it with "Batchbook: Set API Key…", then run again.',
        keyless.title,
        keyless.origin ?? '',
      );
}
