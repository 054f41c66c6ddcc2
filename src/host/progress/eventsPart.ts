import { l10n } from 'vscode';
import { usdFromNano } from '../../core/money.ts';
import { ROW_OUTCOMES } from '../../core/vocabulary.ts';
import type { Details, EventItem, EventsPart, Icon } from '../../protocol/progressSurface.ts';
import type { HistoryEntry, Outcomes } from '../../workspace/historyEntries.ts';
import { atBeginning, number, rowsInWords, statusWord, sum } from '../words.ts';
import type { Shown } from './moment.ts';
import { refusalInWords } from './refusals.ts';
import { clockTime, lengthInWords } from './times.ts';

interface Line {
  readonly icon: Icon;
  readonly text: string;
  /** Somebody's own words, below it. */
  readonly words?: string;
}

/** The log of a run: what happened and when, the newest first. */
export function eventsPart(shown: Shown): EventsPart {
  const { entries } = shown.facts;
  const hidden = Math.max(0, entries.length - shown.shownEvents);
  return {
    title: l10n.t('Events'),
    items: entries
      .slice(hidden)
      .map((entry, i) => itemOf(shown, entry, hidden + i))
      .toReversed(),
    earlier: hidden === 0 ? '' : l10n.t('Show {0} Earlier', number(hidden)),
  };
}

function itemOf(shown: Shown, entry: HistoryEntry, id: number): EventItem {
  const { icon, text, words } = lineOf(shown, entry);
  return {
    id,
    time: clockTime(entry.at, shown.now),
    dateTime: new Date(entry.at).toISOString(),
    icon,
    text,
    ...(words === undefined || words === '' ? {} : { details: said(words) }),
  };
}

/** What somebody said, one click below. */
export function said(...words: readonly string[]): Details {
  return { label: l10n.t('What Was Said'), words };
}

const QUIET: Icon = { name: 'circle-small', tone: 'plain' };
const GOOD: Icon = { name: 'pass', tone: 'ok' };
const BAD: Icon = { name: 'error', tone: 'error' };
const UNSURE: Icon = { name: 'question', tone: 'warning' };
const CAUTION: Icon = { name: 'warning', tone: 'warning' };

function lineOf(shown: Shown, entry: HistoryEntry): Line {
  const { titleOf, run } = shown;
  switch (entry.kind) {
    case 'agreed':
      return {
        icon: { name: 'play', tone: 'plain' },
        text:
          entry.worstNanoUsd === 0
            ? l10n.t('Run started: {0}, free.', rowsInWords(entry.rows))
            : l10n.t('Run started: {0}, at most {1}.', rowsInWords(entry.rows), usd(entry.worstNanoUsd)),
      };
    case 'taken':
      return { icon: { name: 'vm', tone: 'plain' }, text: takenInWords(entry.holder) };
    case 'reused':
      return {
        icon: QUIET,
        text: l10n.t('{0} answered by earlier runs were taken over.', rowsInWords(entry.rows)),
      };
    case 'sent': {
      const words = [number(entry.number), titleOf(entry.provider), rowsInWords(entry.rows)] as const;
      return {
        icon: { name: 'cloud-upload', tone: 'plain' },
        text: entry.found
          ? l10n.t('Batch {0} was found at {1}: {2}.', ...words)
          : entry.reservedNanoUsd === 0
            ? l10n.t('Batch {0} accepted by {1}: {2}.', ...words)
            : l10n.t('Batch {0} accepted by {1}: {2}, {3} held back.', ...words, usd(entry.reservedNanoUsd)),
      };
    }
    case 'rejected': {
      const { title } = refusalInWords(entry.code, titleOf(entry.provider));
      return {
        icon: ['auth', 'providerRefused', 'invalidRequest'].includes(entry.code) ? BAD : CAUTION,
        text: l10n.t(
          '{0} Batch {1} ({2}) was not accepted and cost nothing.',
          title,
          number(entry.number),
          rowsInWords(entry.rows),
        ),
        words: entry.message,
      };
    }
    case 'uncertain':
      return {
        icon: UNSURE,
        text: l10n.t(
          'It is not known whether {0} has batch {1} ({2}). It is looked for; nothing is sent twice.',
          titleOf(entry.provider),
          number(entry.number),
          rowsInWords(entry.rows),
        ),
        words: entry.message,
      };
    case 'closed':
      return closedLine(shown, entry);
    case 'givenUp':
      return {
        icon: CAUTION,
        text: l10n.t(
          'Batch {0} was given up: its {1} wait again.',
          number(entry.number),
          rowsInWords(entry.rows),
        ),
        words: entry.message,
      };
    case 'withdrawn':
      return {
        icon: CAUTION,
        text: l10n.t(
          'Batch {0} is cancelled at {1}; what it does not answer is sent again.',
          number(entry.number),
          titleOf(entry.provider),
        ),
      };
    case 'unsent':
      return {
        icon: BAD,
        text: l10n.t('Ended without being sent: {0}. Nothing was charged.', outcomesInWords(entry.outcomes)),
      };
    case 'limit':
      return {
        icon: QUIET,
        text:
          entry.limitNanoUsd === null
            ? l10n.t('You took the limit away.')
            : l10n.t('You set the limit to {0}.', usd(entry.limitNanoUsd)),
      };
    case 'writtenOff':
      return { icon: QUIET, text: l10n.t('You wrote off {0} unconfirmed.', usd(entry.nanoUsd)) };
    case 'cancelRequested':
      return { icon: { name: 'stop-circle', tone: 'cancelled' }, text: l10n.t('You cancelled the run.') };
    case 'continued':
      return { icon: { name: 'play', tone: 'plain' }, text: l10n.t('You let the rest go on.') };
    case 'retry':
      return {
        icon: { name: 'refresh', tone: 'plain' },
        text: l10n.t('You sent {0} again.', rowsInWords(entry.rows)),
      };
    case 'moved':
      return { icon: QUIET, text: l10n.t('{0} moved to {1}.', rowsInWords(entry.rows), entry.model) };
    case 'notice':
      return { icon: entry.code === 'recounted' ? QUIET : CAUTION, text: entry.message };
    case 'halted':
      return haltedLine(entry, run.service ?? l10n.t('The provider'));
  }
}

function closedLine(shown: Shown, entry: Extract<HistoryEntry, { kind: 'closed' }>): Line {
  const { number: n, reported, outcomes, again, took, costNanoUsd, queueFull, rows } = entry;
  if (queueFull)
    return {
      icon: CAUTION,
      text: l10n.t(
        '{0} had no room for batch {1}: its {2} wait. No attempt is used up.',
        shown.titleOf(entry.provider),
        number(n),
        rowsInWords(rows),
      ),
    };
  const how = [
    ...(Object.keys(outcomes).length > 0 ? [outcomesInWords(outcomes)] : []),
    ...(again === 0 ? [] : [again === 1 ? l10n.t('1 goes again') : l10n.t('{0} go again', number(again))]),
  ].join(', ');
  const money = costNanoUsd === 0 ? '' : ` ${atBeginning(usd(costNanoUsd))}.`;
  const values = [number(n), lengthInWords(took), how] as const;
  const { ended, expired, cancelled, failed } = {
    ended: l10n.t('Batch {0} ended after {1}: {2}.', ...values),
    expired: l10n.t('Batch {0} expired after {1}: {2}.', ...values),
    cancelled: l10n.t('Batch {0} was cancelled after {1}: {2}.', ...values),
    failed: l10n.t('Batch {0} failed after {1}: {2}.', ...values),
  };
  switch (reported) {
    case 'expired':
      return { icon: CAUTION, text: expired + money };
    case 'cancelled':
      return { icon: { name: 'stop-circle', tone: 'cancelled' }, text: cancelled + money };
    case 'failed':
      return { icon: BAD, text: failed + money };
    default:
      return { icon: GOOD, text: ended + money };
  }
}

function haltedLine(
  { state, reason, code }: Extract<HistoryEntry, { kind: 'halted' }>,
  service: string,
): Line {
  switch (state) {
    case 'finished':
      return { icon: GOOD, text: l10n.t('Run finished.') };
    case 'stopped': {
      if (code === undefined)
        return { icon: { name: 'debug-pause', tone: 'plain' }, text: l10n.t('Run stopped.') };
      const { title, advice } = refusalInWords(code, service);
      return { icon: BAD, text: `${title} ${advice}`, ...(reason === undefined ? {} : { words: reason }) };
    }
    case 'stoppedByLimit':
      return {
        icon: CAUTION,
        text: l10n.t('The limit was reached: nothing more is sent.'),
        ...(reason === undefined ? {} : { words: reason }),
      };
    case 'needsDecision':
      return { icon: UNSURE, text: reason ?? l10n.t('The run needs a decision.') };
    default:
      return { icon: { name: 'history', tone: 'warning' }, text: reason ?? l10n.t('The run waits.') };
  }
}

function takenInWords(holder: string): string {
  const [kind, pid = ''] = holder.split(' ');
  switch (kind) {
    case 'cli':
      return l10n.t('A command line drives the run (process {0}).', pid);
    case 'window':
      return l10n.t('A window drives the run (process {0}).', pid);
    default:
      return l10n.t('A program drives the run (process {0}).', pid);
  }
}

function outcomesInWords(outcomes: Outcomes): string {
  return ROW_OUTCOMES.flatMap((outcome) => {
    const rows = outcomes[outcome];
    return rows === undefined ? [] : [`${number(rows)} ${statusWord(outcome)}`];
  }).join(', ');
}

function usd(nanoUsd: number): string {
  return sum(usdFromNano(nanoUsd));
}
