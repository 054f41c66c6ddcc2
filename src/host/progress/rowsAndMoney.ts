import { l10n } from 'vscode';
import { formatUsd, nanoFromUsd, usdFromNano } from '../../core/money.ts';
import type { RowStatus } from '../../core/vocabulary.ts';
import type { MoneyPart, MoneySegment, RowsPart, Segment } from '../../protocol/progressSurface.ts';
import { notOk } from '../runs/runTraits.ts';
import {
  countsInWords,
  moneyInWords,
  number,
  rowsInWords,
  statusWord,
  sum,
  tokensInWords,
} from '../words.ts';
import { isDriven, serviceOf, type Shown } from './moment.ts';
import { clockTime, lengthInWords } from './times.ts';

/** As the bar shows them, from its beginning to its end. */
const ORDER: readonly RowStatus[] = [
  'ok',
  'truncated',
  'refused',
  'invalid',
  'error',
  'cancelled',
  'submitted',
  'pending',
];
/** Share of the limit from which on the page warns. */
const NEAR = 0.8;

/** How far the run is. */
export function rowsPart(shown: Shown): RowsPart {
  const { status } = shown.run;
  const { counts, completed, total } = status;
  const finished = status.state === 'finished';
  const segments = ORDER.filter((one) => counts[one] > 0).map((one): Segment => ({
    status: one,
    rows: counts[one],
    count: number(counts[one]),
    label: statusWord(one, serviceOf(shown)),
  }));
  return {
    title: l10n.t('Rows'),
    big: number(finished ? counts.ok : completed),
    small: finished ? l10n.t('of {0} rows ok', number(total)) : l10n.t('of {0}', rowsInWords(total)),
    note: rowsNote(shown),
    done: completed,
    total,
    says: l10n.t(
      '{0} of {1} rows finished: {2}',
      number(completed),
      number(total),
      countsInWords(status, serviceOf(shown)),
    ),
    segments,
  };
}

function rowsNote(shown: Shown): string {
  const { run, facts, now } = shown;
  const { counts, state } = run.status;
  const end = facts.expected.at(-1)?.at;
  const bad = notOk(run);
  if (state === 'finished') {
    if (bad > 0) return l10n.t('{0} to look at', number(bad));
    return run.status.reused > 0 ? l10n.t('{0} from earlier runs', number(run.status.reused)) : '';
  }
  if (end !== undefined)
    return l10n.t('about {0} left, until {1}', lengthInWords(end - now), clockTime(end, now));
  if (isDriven(shown)) return '';
  const unknown = run.status.batches.reduce(
    (n, { state: of, rows }) => n + (of === 'uncertain' ? rows : 0),
    0,
  );
  return [
    ...(unknown > 0 && unknown === counts.submitted
      ? [l10n.t('unknown whether {0} arrived', rowsInWords(unknown))]
      : counts.submitted > 0
        ? [l10n.t('{0} go on at the provider', number(counts.submitted))]
        : []),
    ...(counts.pending > 0 ? [l10n.t('{0} wait', number(counts.pending))] : []),
  ].join(', ');
}

/** How much it costs: spent, in flight, unconfirmed and to send at worst, against the limit. */
export function moneyPart(shown: Shown): MoneyPart {
  const { run, facts } = shown;
  const { spent, inFlight, unconfirmed, limit, nearLimit } = run.status.costUsd;
  const toSend = run.status.state === 'finished' ? 0 : usdFromNano(facts.toSend.worstNanoUsd);
  const worst = spent + inFlight + unconfirmed + toSend;
  const free = worst === 0 && (run.status.total === 0 || facts.agreed?.worstNanoUsd === 0);
  const scale = Math.max(limit ?? 0, spent + inFlight + unconfirmed, limit === null ? worst : 0);
  const near = nearLimit === true;
  return {
    title: l10n.t('Money'),
    big: free ? l10n.t('free') : usd(spent),
    small: free || limit === null ? '' : l10n.t('of {0}', exactly(limit)),
    note: moneyNote(shown, { free, worst, near }),
    near,
    says: moneyInWords(run.status) + (toSend > 0 ? l10n.t(', still to send at most {0}', usd(toSend)) : ''),
    spent,
    scale: free ? 0 : scale,
    ...(limit === null || free ? {} : { tick: (NEAR * limit) / scale }),
    parts: free ? [] : segmentsOf({ spent, inFlight, unconfirmed, toSend }, scale),
    notes: moneyNotes(shown, { free, limit, near }),
    buttons:
      run.status.state !== 'finished' && run.confirmed && !free
        ? [{ action: 'setLimit', label: l10n.t('Change Limit…') }]
        : [],
  };
}

function segmentsOf(
  amounts: Readonly<Record<MoneySegment['kind'], number>>,
  scale: number,
): readonly MoneySegment[] {
  const labels: Readonly<Record<MoneySegment['kind'], string>> = {
    spent: l10n.t('spent'),
    inFlight: l10n.t('in flight, at most'),
    unconfirmed: l10n.t('unconfirmed'),
    toSend: l10n.t('to send, at most'),
  };
  let left = 1;
  return (['spent', 'inFlight', 'unconfirmed', 'toSend'] as const).flatMap((kind): MoneySegment[] => {
    const amount = amounts[kind];
    if (amount === 0 && kind !== 'spent') return [];
    const share = scale === 0 ? 0 : Math.min(left, amount / scale);
    left -= share;
    return [{ kind, share, amount: usd(amount), label: labels[kind] }];
  });
}

function moneyNote(
  { run, facts }: Shown,
  { free, worst, near }: { readonly free: boolean; readonly worst: number; readonly near: boolean },
): string {
  const { spent, unconfirmed, limit } = run.status.costUsd;
  if (free) return '';
  if (near && limit !== null)
    return l10n.t('{0} % of the limit', Math.floor((100 * (spent + unconfirmed)) / limit));
  if (run.status.state === 'finished')
    return facts.agreed === undefined || facts.agreed.worstNanoUsd === 0
      ? ''
      : l10n.t(
          'the estimate was {0}, at most {1}',
          sum(usdFromNano(facts.agreed.expectedNanoUsd)),
          sum(usdFromNano(facts.agreed.worstNanoUsd)),
        );
  return l10n.t('the whole run at most {0}', usd(worst));
}

function moneyNotes(
  { run }: Shown,
  { free, limit, near }: { readonly free: boolean; readonly limit: number | null; readonly near: boolean },
): readonly string[] {
  const { tokens, costUsd, state } = run.status;
  return [
    ...(free || limit === null || near || state === 'finished'
      ? []
      : [l10n.t('warns at {0}', exactly(NEAR * limit))]),
    ...(limit === null && !free ? [l10n.t('no limit')] : []),
    ...(state === 'finished' && costUsd.inFlight === 0 && !free ? [l10n.t('nothing in flight')] : []),
    ...(tokens.input > 0 && state === 'finished'
      ? [l10n.t('{0} tokens in, {1} out', tokensInWords(tokens.input), tokensInWords(tokens.output))]
      : []),
    ...(costUsd.cacheSaved === undefined ? [] : [l10n.t('{0} saved by caching', sum(costUsd.cacheSaved))]),
  ];
}

/** A limit, of which "under $0.01" would say nothing: "$5.00", "$0.0027". */
function exactly(amount: number): string {
  return formatUsd(nanoFromUsd(amount));
}

/** "$0.00", "under $0.01", "$1.40". */
function usd(amount: number): string {
  return amount === 0 ? '$0.00' : sum(amount);
}
