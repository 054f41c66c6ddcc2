import { l10n } from 'vscode';
import { formatUsd, nanoFromUsd } from '../../core/money.ts';
import type { BatchStatus } from '../../core/status.ts';
import type { Button, Message } from '../../protocol/progressSurface.ts';
import { ageInWords, elsewhere, number, rowsInWords } from '../words.ts';
import { said } from './eventsPart.ts';
import { isDriven, refuserOf, serviceOf, type Shown } from './moment.ts';
import { refusalInWords } from './refusals.ts';
import { clockTime } from './times.ts';

/** What the person should know or decide, the most urgent first; empty while all goes well. */
export function messagesOf(shown: Shown): Message[] {
  return [
    ...endings(shown),
    ...offline(shown),
    ...uncertain(shown),
    ...queues(shown),
    ...late(shown),
    ...unconfirmed(shown),
    ...elsewhereMessage(shown),
  ];
}

/** Why it goes no further. */
function endings(shown: Shown): Message[] {
  const { run, facts, maySend } = shown;
  const { state, code, reason = '', counts } = run.status;
  if (isDriven(shown)) return [];
  const sending = (...buttons: readonly Button[]): readonly Button[] => (maySend ? buttons : []);
  const wait = whatGoesOn(shown);
  switch (state) {
    case 'stopped': {
      if (code !== undefined) return [refusal(shown)];
      const resume: Button = { action: 'resume', label: l10n.t('Resume') };
      return [
        {
          severity: 'info',
          icon: 'debug-pause',
          title: run.interrupted ? l10n.t('Nobody drives this run.') : l10n.t('The run is stopped.'),
          text: wait,
          buttons: sending(resume),
        },
      ];
    }
    case 'waiting':
      return code === undefined
        ? [
            {
              severity: 'info',
              icon: 'beaker',
              title: l10n.t('The pilot is done.'),
              text: reason,
              buttons: sending({
                action: 'resolve',
                label: l10n.t('Send the Other {0} Rows…', number(counts.pending)),
              }),
            },
          ]
        : [
            {
              severity: 'warning',
              icon: 'warning',
              title: refusalInWords(code, serviceOf(shown) ?? l10n.t('The provider')).title,
              text: wait,
              buttons: sending({ action: 'resolve', label: l10n.t('Decide…') }),
              ...(reason === '' ? {} : { details: said(reason) }),
            },
          ];
    case 'stoppedByLimit': {
      const { spent, unconfirmed: maybe, inFlight, limit } = run.status.costUsd;
      return [
        {
          severity: 'warning',
          icon: 'warning',
          title: l10n.t('{0} do not fit under the limit any more.', rowsInWords(counts.pending)),
          text: l10n.t(
            'They would cost {0} at most, {1} is left.',
            formatUsd(facts.toSend.worstNanoUsd),
            formatUsd(nanoFromUsd(Math.max(0, (limit ?? 0) - spent - maybe - inFlight))),
          ),
          buttons: sending({ action: 'setLimit', label: l10n.t('Raise the Limit…') }),
          ...(reason === ''
            ? {}
            : { details: { label: l10n.t('What the Smallest Needs'), words: [reason] } }),
        },
      ];
    }
    case 'needsDecision':
      // A batch that may or may not have arrived has a message of its own.
      return run.status.batches.some((batch) => batch.state === 'uncertain')
        ? []
        : [
            {
              severity: 'warning',
              icon: 'question',
              title: l10n.t('The run needs a decision.'),
              text: reason,
              buttons: sending({ action: 'resolve', label: l10n.t('Decide…') }),
            },
          ];
    case 'planned':
      return [
        {
          severity: 'info',
          icon: 'circle-large',
          title: l10n.t('Nobody has agreed to this run yet.'),
          text: l10n.t('Nothing was sent.'),
          buttons: [],
        },
      ];
    case 'running':
    case 'cancelling':
    case 'finished':
      return [];
  }
}

/** Services that cannot be reached: nothing is wrong with the run. */
function offline(shown: Shown): Message[] {
  const { run, now } = shown;
  if (run.holder?.offlineSince === undefined) return [];
  const service = serviceOf(shown) ?? l10n.t('the provider');
  const { submitted, pending } = run.status.counts;
  return [
    {
      severity: 'warning',
      icon: 'debug-disconnect',
      title: l10n.t('Offline since {0}.', clockTime(run.holder.offlineSince, now)),
      text: [
        l10n.t(
          '{0} cannot be reached. It is tried again until it can, and the run goes on by itself.',
          service,
        ),
        submitted === 0
          ? l10n.t('Nothing is lost.')
          : l10n.t('Nothing is lost: {0} are worked on there meanwhile.', rowsInWords(submitted)),
        ...(pending === 0 ? [] : [l10n.t('{0} to send wait.', rowsInWords(pending))]),
      ].join(' '),
      buttons: [],
    },
  ];
}

/** A provider that will have no more, in plain words; its own are one click below. */
function refusal(shown: Shown): Message {
  const { run, facts, titleOf, hasBilling, maySend } = shown;
  const { code = 'internal', reason = '' } = run.status;
  const provider = refuserOf(facts);
  const service = provider === undefined ? l10n.t('The provider') : titleOf(provider);
  const { title, advice } = refusalInWords(code, service);
  const rejected = facts.entries.findLast((entry) => entry.kind === 'rejected');
  const which =
    rejected === undefined
      ? []
      : [
          l10n.t(
            'Batch {0} ({1}) was not accepted and cost nothing.',
            number(rejected.number),
            rowsInWords(rejected.rows),
          ),
        ];
  const billing = code === 'providerRefused' && provider !== undefined && hasBilling(provider);
  return {
    severity: 'error',
    icon: 'error',
    title,
    text: [...which, whatGoesOn(shown), advice].filter((text) => text !== '').join(' '),
    buttons: [
      ...(billing
        ? [{ action: 'openBilling', label: l10n.t('Open {0} Billing', service) } as const]
        : code === 'auth'
          ? [{ action: 'setApiKey', label: l10n.t('Set API Key…') } as const]
          : []),
      ...(maySend ? [{ action: 'resume', label: l10n.t('Try Again') } as const] : []),
    ],
    ...(reason === '' ? {} : { details: { label: l10n.t('What {0} Said', service), words: [reason] } }),
  };
}

/** "4 batches at Anthropic go on and are collected later. 488 rows wait." */
function whatGoesOn(shown: Shown): string {
  const { batches, counts } = shown.run.status;
  const live = batches.filter(({ ageMs }) => ageMs !== undefined).length;
  const service = serviceOf(shown) ?? l10n.t('the provider');
  return [
    ...(live === 0
      ? []
      : [
          live === 1
            ? l10n.t('1 batch at {0} goes on; it is collected when the run goes on.', service)
            : l10n.t(
                '{0} batches at {1} go on; they are collected when the run goes on.',
                number(live),
                service,
              ),
        ]),
    ...(counts.pending === 0
      ? []
      : [counts.pending === 1 ? l10n.t('1 row waits.') : l10n.t('{0} rows wait.', number(counts.pending))]),
  ].join(' ');
}

/** Batches that may or may not have arrived. */
function uncertain(shown: Shown): Message[] {
  const { run, now, titleOf, maySend } = shown;
  return numbered(run.status.batches)
    .filter(([batch]) => batch.state === 'uncertain')
    .map(([batch, n]) => {
      const service = titleOf(batch.provider);
      const found = (batch.candidates ?? []).length;
      const could =
        found === 0
          ? l10n.t('Nothing found there so far could be it.')
          : found === 1
            ? l10n.t('One batch there could be it.')
            : l10n.t('{0} batches there could be it.', number(found));
      return {
        severity: 'warning',
        icon: 'question',
        title: l10n.t('It is not known whether {0} has batch {1}.', service, n),
        text: [
          l10n.t('Its {0} were being sent at {1}.', rowsInWords(batch.rows), clockTime(batch.sentAt, now)),
          could,
          l10n.t('Nothing is sent twice until you say so; what it may cost stays held back.'),
        ].join(' '),
        buttons: maySend ? [{ action: 'resolve', label: l10n.t('Decide…') }] : [],
        ...(batch.message === undefined ? {} : { details: said(batch.message) }),
      };
    });
}

/** Queues that are full: nothing is wrong. */
function queues({ run, titleOf, now }: Shown): Message[] {
  return run.status.fullQueues.map(({ provider, model, rows, since }) => ({
    severity: 'info',
    icon: 'history',
    title: l10n.t('Waiting for the queue of {0}.', titleOf(provider)),
    text: l10n.t(
      'It takes no more of {0} for now, since {1}. {2} go on by themselves as batches end. No attempt is used up.',
      model,
      clockTime(since, now),
      rowsInWords(rows),
    ),
    buttons: [],
  }));
}

function late({ run, now, maySend }: Shown): Message[] {
  return numbered(run.status.batches)
    .filter(([batch]) => batch.late === true)
    .map(([batch, n]) => ({
      severity: 'warning',
      icon: 'watch',
      title: l10n.t('Batch {0} takes long.', n),
      text: l10n.t(
        '{0}, {1}. You can wait, or cancel it and send what it has not answered again.',
        rowsInWords(batch.rows),
        ageInWords(batch, now),
      ),
      buttons: maySend ? [{ action: 'resolve', label: l10n.t('Decide…') }] : [],
    }));
}

function unconfirmed({ run, maySend }: Shown): Message[] {
  const { unconfirmed: usd } = run.status.costUsd;
  if (usd === 0) return [];
  return [
    {
      severity: 'info',
      icon: 'info',
      title: l10n.t('{0} may or may not have been spent.', formatUsd(nanoFromUsd(usd))),
      text: l10n.t('The provider can no longer tell. It counts against the limit until you write it off.'),
      buttons: maySend ? [{ action: 'resolve', label: l10n.t('Decide…') }] : [],
    },
  ];
}

/** Another process drives it. */
function elsewhereMessage({ run, isHere, maySend }: Shown): Message[] {
  const { holder } = run;
  if (holder === undefined || isHere) return [];
  const unproved = holder.liveness === 'unproved';
  return [
    {
      severity: 'info',
      icon: holder.kind === 'cli' ? 'terminal' : 'vm',
      title: l10n.t('This run is {0}.', elsewhere(run)),
      text: unproved
        ? l10n.t(
            'Whether it still does cannot be told from here. It is taken over once it has shown nothing for 5 minutes.',
          )
        : l10n.t(
            'Numbers are live; Stop and Change Limit reach it. Process {0} on {1}.',
            String(holder.pid),
            holder.host,
          ),
      buttons:
        maySend && (unproved || holder.kind === 'window')
          ? [{ action: 'resume', label: l10n.t('Take Over') }]
          : [],
    },
  ];
}

function numbered(batches: readonly BatchStatus[]): readonly (readonly [BatchStatus, string])[] {
  return batches.map((batch, i) => [batch, number(i + 1)]);
}
