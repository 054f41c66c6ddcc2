import { l10n } from 'vscode';
import { usdFromNano } from '../../core/money.ts';
import type { Button, EmptyPage, Icon, RunPage, SeriesState } from '../../protocol/progressSurface.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { isOpen, notOk } from '../runs/runTraits.ts';
import { atBeginning, isOffline, number, stateWord, statusWord } from '../words.ts';
import { batchesPart } from './batchesPart.ts';
import { eventsPart } from './eventsPart.ts';
import { messagesOf } from './messages.ts';
import { isDriven, serviceOf, type Shown } from './moment.ts';
import { problemsPart } from './problemsPart.ts';
import { moneyPart, rowsPart } from './rowsAndMoney.ts';
import { clockTime, lengthInWords } from './times.ts';

/** The page of a run, from what is known of it alone. */
export function progressState(shown: Shown): RunPage {
  const { run } = shown;
  return plainTexts<RunPage>({
    kind: 'run',
    title: run.title,
    icon: iconOf(shown),
    meta: metaOf(shown),
    links: [
      ...(run.jobFile === undefined
        ? []
        : [{ action: 'openJobFile', label: l10n.t('Open Job File') } as const]),
      ...(run.confirmed ? [{ action: 'showSent', label: l10n.t('What Was Agreed To') } as const] : []),
    ],
    buttons: buttonsOf(shown),
    messages: messagesOf(shown),
    rows: rowsPart(shown),
    money: moneyPart(shown),
    problems: problemsPart(shown),
    batches: batchesPart(shown),
    events: eventsPart(shown),
  });
}

/** The page where there is no run, or none any more. */
export function emptyPage(maySend: boolean): EmptyPage {
  return {
    kind: 'empty',
    title: l10n.t('No run yet'),
    text: l10n.t(
      'Open a job file and choose Run, or select files in the Explorer and choose Summarize Selected Files. The first one can run on this machine, free and without a key.',
    ),
    buttons: [
      { action: 'newJobFile', label: l10n.t('New Job File…') },
      ...(maySend ? [{ action: 'trySample', label: l10n.t('Try the Sample') } as const] : []),
    ],
  };
}

/** Rows and money over time, in numbers. */
export function seriesState(shown: Shown): SeriesState {
  const { facts, run } = shown;
  const { limit } = run.status.costUsd;
  return {
    now: facts.endedAt ?? shown.now,
    atService: statusWord('submitted', serviceOf(shown)),
    totalRows: run.status.total,
    limitUsd: limit,
    past: facts.points.map(({ at, counts, spentNanoUsd, inFlightNanoUsd, unconfirmedNanoUsd }) => ({
      at,
      finished: run.status.total - counts.pending - counts.submitted,
      submitted: counts.submitted,
      spentUsd: usdFromNano(spentNanoUsd),
      heldUsd: usdFromNano(inFlightNanoUsd + unconfirmedNanoUsd),
    })),
    expected: facts.expected.map(({ at, finished, spentNanoUsd }) => ({
      at,
      finished,
      spentUsd: usdFromNano(spentNanoUsd),
    })),
  };
}

function metaOf(shown: Shown): readonly string[] {
  const { run, facts, now } = shown;
  const cells = facts.cells.map(({ id }) => id);
  const models = [...new Set(facts.cells.map(({ model }) => model))];
  const service = serviceOf(shown);
  return [
    standing(shown),
    cells.length === 1
      ? l10n.t('Cell {0}', cells.join(''))
      : l10n.t('Cells {0}', cells.slice(0, 4).join(', ') + (cells.length > 4 ? ', …' : '')),
    service === undefined ? models.join(', ') : l10n.t('{0} at {1}', models.join(', '), service),
    l10n.t('Started {0}', clockTime(facts.startedAt ?? run.createdAt, now)),
  ];
}

/** "Running, 43 min", "Finished at 11:07, took 1 h 9 min". */
function standing(shown: Shown): string {
  const { run, facts, now } = shown;
  const began = facts.startedAt ?? run.createdAt;
  const state = atBeginning(stateWord(run));
  if (isDriven(shown)) return l10n.t('{0}, {1}', state, lengthInWords(Math.max(0, now - began)));
  if (run.status.state === 'finished') {
    // What a person does with a finished run, such as a limit, is no part of how long it took.
    const ended = Math.min(facts.endedAt ?? now, Math.max(run.changedAt, began));
    return l10n.t(
      'Finished at {0}, took {1}',
      clockTime(ended, now),
      lengthInWords(Math.max(0, ended - began)),
    );
  }
  return facts.endedAt === undefined ? state : l10n.t('{0} since {1}', state, clockTime(facts.endedAt, now));
}

/** What can be done, the next sensible step first. */
function buttonsOf(shown: Shown): readonly Button[] {
  const { run, maySend } = shown;
  const { state, completed } = run.status;
  const results: readonly Button[] =
    completed > 0 ? [{ action: 'openResults', label: l10n.t('Open Results') }] : [];
  if (isDriven(shown)) return [...results, { action: 'stop', label: l10n.t('Stop…') }];
  const bad = notOk(run);
  const again: readonly Button[] =
    bad > 0 && run.confirmed && maySend
      ? [{ action: 'rerunFailed', label: l10n.t('Re-run {0} Not Ok…', number(bad)) }]
      : [];
  if (state === 'finished') return [...results, { action: 'export', label: l10n.t('Export…') }, ...again];
  return [
    ...results,
    ...again,
    ...(isOpen(run) ? [{ action: 'cancelAtProvider', label: l10n.t('Cancel at Provider…') } as const] : []),
  ];
}

function iconOf(shown: Shown): Icon {
  const { run, isHere } = shown;
  const { state, code, fullQueues, counts } = run.status;
  switch (state) {
    case 'running':
    case 'cancelling':
      if (isOffline(run)) return { name: 'debug-disconnect', tone: 'warning' };
      if (fullQueues.length > 0 && counts.submitted === 0) return { name: 'history', tone: 'warning' };
      return isHere || !isDriven(shown)
        ? { name: 'loading', tone: 'submitted', spins: true }
        : { name: run.holder?.kind === 'cli' ? 'terminal' : 'vm', tone: 'submitted' };
    case 'finished':
      return notOk(run) === 0 ? { name: 'pass', tone: 'ok' } : { name: 'pass', tone: 'warning' };
    case 'stopped':
      return code === undefined ? { name: 'debug-pause', tone: 'plain' } : { name: 'error', tone: 'error' };
    case 'stoppedByLimit':
      return { name: 'warning', tone: 'warning' };
    case 'needsDecision':
      return { name: 'question', tone: 'warning' };
    case 'waiting':
      return { name: 'history', tone: 'warning' };
    case 'planned':
      return { name: 'circle-large', tone: 'pending' };
  }
}
