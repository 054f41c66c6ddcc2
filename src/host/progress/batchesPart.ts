import { l10n } from 'vscode';
import { usdFromNano } from '../../core/money.ts';
import type { BatchStatus } from '../../core/status.ts';
import { ROW_OUTCOMES, type BatchState } from '../../core/vocabulary.ts';
import type { BatchesPart, BatchRow, Icon } from '../../protocol/progressSurface.ts';
import { batchWord, number, statusWord, sum } from '../words.ts';
import { serviceOf, type Shown } from './moment.ts';
import { lengthInWords } from './times.ts';

/** Batches in the table; what is older is in the results. */
const MOST_ROWS = 200;

/** Every batch of the run with what it was estimated at and what it cost; the newest first. */
export function batchesPart(shown: Shown): BatchesPart {
  const { run } = shown;
  const { batches, counts } = run.status;
  const live = batches.filter(({ ageMs }) => ageMs !== undefined).length;
  const ended = batches.filter(({ state }) => state === 'closed').length;
  const rows = batches.map((batch, i) => rowOf(shown, batch, i)).toReversed();
  const more = rows.length - MOST_ROWS;
  return {
    title: l10n.t('Batches'),
    summary: [
      ...(ended > 0 ? [l10n.t('{0} ended', number(ended))] : []),
      ...(live > 0 ? [l10n.t('{0} {1}', number(live), statusWord('submitted', serviceOf(shown)))] : []),
      ...(counts.pending > 0 ? [l10n.t('{0} rows to send', number(counts.pending))] : []),
      ...(more > 0 ? [l10n.t('the newest {0} are shown', number(MOST_ROWS))] : []),
    ].join(', '),
    columns: [
      l10n.t('Batch'),
      l10n.t('State'),
      l10n.t('Rows'),
      l10n.t('Provider id'),
      l10n.t('Time'),
      l10n.t('Estimate'),
      l10n.t('Cost'),
    ],
    rows: [...(counts.pending > 0 ? [toSend(shown)] : []), ...rows.slice(0, MOST_ROWS)],
  };
}

function toSend({ run, facts }: Shown): BatchRow {
  return {
    number: 0,
    name: '',
    icon: { name: 'circle-large', tone: 'pending' },
    state: run.status.state === 'finished' ? l10n.t('waits') : l10n.t('to send'),
    note: '',
    rows: number(run.status.counts.pending),
    id: '',
    time: '',
    estimate: money(usdFromNano(facts.toSend.expectedNanoUsd)),
    cost: '',
  };
}

function rowOf(shown: Shown, batch: BatchStatus, i: number): BatchRow {
  const { acceptedAt, endedAt, ageMs, state, costUsd, expectedUsd } = batch;
  const { now } = shown;
  const took =
    acceptedAt === undefined
      ? undefined
      : ageMs !== undefined
        ? now - acceptedAt
        : endedAt === undefined
          ? undefined
          : endedAt - acceptedAt;
  return {
    number: i + 1,
    name: number(i + 1),
    icon: iconOf(state),
    state: stateOf(shown, batch),
    note: noteOf(shown, batch, i),
    rows: number(batch.rows),
    id: batch.id === batch.nonce ? '' : batch.id,
    time: took === undefined ? '' : lengthInWords(Math.max(0, took)),
    estimate: money(expectedUsd),
    cost: state === 'closed' ? sum(costUsd) : costUsd > 0 ? money(costUsd) : '',
  };
}

function stateOf({ titleOf }: Shown, { state, provider }: BatchStatus): string {
  if (state === 'closed') return l10n.t('ended');
  return state === 'running' ? statusWord('submitted', titleOf(provider)) : batchWord(state);
}

function noteOf({ facts }: Shown, { late }: BatchStatus, i: number): string {
  const ended = facts.outcomes[i];
  if (late === true) return l10n.t('longer than usual');
  if (ended === undefined) return '';
  return [
    ...ROW_OUTCOMES.slice(1).flatMap((outcome) => {
      const rows = ended.outcomes[outcome];
      return rows === undefined ? [] : [`${number(rows)} ${statusWord(outcome)}`];
    }),
    ...(ended.again > 0 ? [l10n.t('{0} again', number(ended.again))] : []),
  ].join(', ');
}

function money(usd: number): string {
  return usd === 0 ? '' : sum(usd);
}

function iconOf(state: BatchState): Icon {
  switch (state) {
    case 'closed':
      return { name: 'pass', tone: 'ok' };
    case 'uncertain':
    case 'unknown':
      return { name: 'question', tone: 'warning' };
    case 'failed':
    case 'rejected':
      return { name: 'error', tone: 'error' };
    case 'expired':
    case 'cancelled':
    case 'abandoned':
      return { name: 'stop-circle', tone: 'cancelled' };
    default:
      return { name: 'cloud', tone: 'submitted' };
  }
}
