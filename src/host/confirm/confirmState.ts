import { l10n } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import type { ConfirmState, Fact, Warning } from '../../protocol/confirmSurface.ts';
import type { JobPlan } from '../../workspace/planJobFile.ts';
import type { PlanSummary } from '../../workspace/summarizePlan.ts';
import { bytesInWords, number, tokensInWords } from '../words.ts';
import type { FileGroups } from './fileGroups.ts';

/** Rows of the pilot that is offered, and from how many rows on one makes sense. */
export const PILOT_ROWS = 20;
const PILOT_FROM = 41;
const SHOWN_SECRETS = 20;

/** The page before sending, from the plan alone: what the person reads is what is sent. */
export function confirmState(plan: JobPlan, groups: FileGroups): ConfirmState {
  const { summary, meta } = plan;
  return {
    title: summary.destinations.every(({ origin }) => origin === undefined)
      ? l10n.t('What is worked on')
      : l10n.t('What leaves this machine'),
    subtitle: subtitle(plan),
    facts: [filesFact(plan), tokensFact(summary), destinationFact(summary), costFact(summary)],
    secrets: warning(plan),
    sent: { title: l10n.t('Sent'), summary: sentSummary(plan), folders: groups.sent },
    stays: { title: l10n.t('Stays here'), groups: groups.stays },
    notes: { title: l10n.t('To know'), lines: notes(plan) },
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
    footnote:
      summary.limitNanoUsd === undefined || summary.worstNanoUsd === 0
        ? (meta.jobFile?.path ?? '')
        : l10n.t(
            'Before each batch, spent + in flight + next must fit under {0}.',
            formatUsd(summary.limitNanoUsd),
          ),
  };
}

function subtitle({ meta }: JobPlan): string {
  const file = meta.jobFile?.path ?? meta.title;
  return meta.onlyCell === undefined
    ? l10n.t('{0}, {1}. Nothing has been sent yet.', meta.title, file)
    : l10n.t('Cell {0} of {1}. Nothing has been sent yet.', meta.onlyCell, file);
}

function filesFact({ summary }: JobPlan): Fact {
  return {
    icon: 'files',
    label: l10n.t('Rows'),
    value: number(summary.rowsToSend),
    note: bytesInWords(summary.bytes),
  };
}

function tokensFact({ inputTokens, outputTokensAtMost }: PlanSummary): Fact {
  return {
    icon: 'symbol-ruler',
    label: l10n.t('Tokens, estimated'),
    value: tokensInWords(inputTokens),
    note: l10n.t('in, up to {0} out', tokensInWords(outputTokensAtMost)),
  };
}

function destinationFact({ destinations }: PlanSummary): Fact {
  const names = [...new Set(destinations.map(({ origin, title }) => (origin === undefined ? '' : title)))];
  const local = names.every((name) => name === '');
  return {
    icon: local ? 'device-desktop' : 'cloud-upload',
    label: l10n.t('Goes to'),
    value: local ? l10n.t('this machine') : names.map((name) => name || l10n.t('this machine')).join(', '),
    note: destinations
      .map(({ model, origin, caveat }) =>
        [model, ...(origin === undefined ? [] : [origin]), ...(caveat === undefined ? [] : [caveat])].join(
          ', ',
        ),
      )
      .join('; '),
  };
}

function costFact({ expectedNanoUsd, worstNanoUsd, limitNanoUsd, pricesAsOf }: PlanSummary): Fact {
  const base = { icon: 'credit-card', label: l10n.t('Costs') };
  if (worstNanoUsd === 0) return { ...base, value: l10n.t('free'), note: '' };
  const worst =
    limitNanoUsd === undefined
      ? l10n.t('at most {0}, no limit set', formatUsd(worstNanoUsd))
      : l10n.t('at most {0}, limit {1}', formatUsd(worstNanoUsd), formatUsd(limitNanoUsd));
  const dated = pricesAsOf === undefined ? '' : l10n.t('; prices of {0}', pricesAsOf);
  return { ...base, value: formatUsd(roundedToCents(expectedNanoUsd)), note: worst + dated };
}

/** Cents are enough for an expectation that is above one. */
function roundedToCents(nanoUsd: number): number {
  return nanoUsd < 10_000_000 ? nanoUsd : Math.round(nanoUsd / 10_000_000) * 10_000_000;
}

function sentSummary({ summary, meta }: JobPlan): string {
  const requests =
    summary.batches === 1
      ? l10n.t('{0} requests in 1 batch', number(summary.rowsToSend))
      : l10n.t(
          '{0} requests in about {1} batches, {2} at once',
          number(summary.rowsToSend),
          number(summary.batches),
          number(meta.settings.maxConcurrent),
        );
  const pilot = summary.pilot > 0 ? l10n.t('; {0} of them first, as a pilot', number(summary.pilot)) : '';
  return requests + pilot;
}

function warning({ likelySecrets }: JobPlan): Warning | undefined {
  if (likelySecrets.length === 0) return undefined;
  const more = likelySecrets.length - SHOWN_SECRETS;
  return {
    text:
      likelySecrets.length === 1
        ? l10n.t('1 input looks as if it held secrets.')
        : l10n.t('{0} inputs look as if they held secrets.', number(likelySecrets.length)),
    items: [
      ...likelySecrets.slice(0, SHOWN_SECRETS).map(({ source, what }) => `${source}: ${what}`),
      ...(more > 0 ? [l10n.t('and {0} more', number(more))] : []),
    ],
    look: likelySecrets.length === 1 ? l10n.t('Look at It') : l10n.t('Look at Them'),
    leaveOut: likelySecrets.length === 1 ? l10n.t('Leave It Out') : l10n.t('Leave Them Out'),
  };
}

function notes({ summary, notices, warnings }: JobPlan): string[] {
  const foreign = summary.destinations.filter(({ origin, isVendor }) => origin !== undefined && !isVendor);
  return [
    ...foreign.map(({ title, origin }) =>
      l10n.t('{0} is reached at {1}, which is not its own address.', title, origin ?? ''),
    ),
    ...(summary.waves > 1
      ? [l10n.t('The limit cuts the run into {0} waves, one after the other.', number(summary.waves))]
      : []),
    ...(summary.earlierNanoUsd > 0
      ? [l10n.t('This job file has cost {0} so far.', formatUsd(summary.earlierNanoUsd))]
      : []),
    ...(summary.worstNanoUsd > 0
      ? [
          l10n.t(
            '"At most" counts the estimated tokens plus 25 % for text and 60 % for PDF and images, and answers of full length.',
          ),
        ]
      : []),
    ...warnings.map(({ message }) => message),
    ...notices,
  ];
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
