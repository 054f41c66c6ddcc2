import { l10n } from 'vscode';
import { formatDuration } from '../core/duration.ts';
import { formatUsd, nanoFromUsd } from '../core/money.ts';
import type { BatchCandidate, ServiceBatch } from '../core/provider.ts';
import type { BatchStatus, RunStatus } from '../core/status.ts';
import type { BatchState, ErrorCode, RowStatus, RunState } from '../core/vocabulary.ts';
import type { StrayBatch } from '../workspace/batchesAtProviders.ts';
import type { RunView } from '../workspace/runWatch.ts';

/** A whole number as the person's language writes it. */
export function number(n: number): string {
  return n.toLocaleString();
}

/** A sum of money: "free", "under $0.01", "$0.42". */
export function sum(usd: number): string {
  if (usd === 0) return l10n.t('free');
  return usd < 0.01 ? l10n.t('under {0}', '$0.01') : formatUsd(nanoFromUsd(Math.round(usd * 100) / 100));
}

/** Money so far against the limit: "$0.42 of $5.00"; "free" where rows were sent and nothing is paid or set aside. */
export function spent({ costUsd, counts, completed }: RunStatus): string {
  const nothing = costUsd.spent + costUsd.inFlight + costUsd.unconfirmed === 0;
  if (nothing && completed + counts.submitted > 0) return l10n.t('free');
  const so = costUsd.spent === 0 ? '$0.00' : sum(costUsd.spent);
  return costUsd.limit === null ? so : l10n.t('{0} of {1}', so, formatUsd(nanoFromUsd(costUsd.limit)));
}

/** "2,988/3,000": the short form, for the status bar and the tree. */
export function progress({ completed, total }: RunStatus): string {
  return `${number(completed)}/${number(total)}`;
}

/** "1 row", "3,000 rows". */
export function rowsInWords(n: number): string {
  return n === 1 ? l10n.t('1 row') : l10n.t('{0} rows', number(n));
}

/**
 * The name of a row's status as people read it.
 * @param service What people call the service, where there is one.
 */
export function statusWord(status: RowStatus, service?: string): string {
  switch (status) {
    case 'ok':
      return l10n.t('ok');
    case 'truncated':
      return l10n.t('truncated');
    case 'refused':
      return l10n.t('refused');
    case 'invalid':
      return l10n.t('invalid');
    case 'error':
      return l10n.t('error');
    case 'cancelled':
      return l10n.t('cancelled');
    case 'submitted':
      return service === undefined ? l10n.t('at the provider') : l10n.t('at {0}', service);
    case 'pending':
      return l10n.t('pending');
  }
}

/** Counts of a run in words: "1,509 ok, 2 refused, 1,000 at the provider". Statuses with no row are not named. */
export function countsInWords({ counts }: RunStatus, service?: string): string {
  const shown = (
    ['ok', 'truncated', 'refused', 'invalid', 'error', 'cancelled', 'submitted', 'pending'] as const
  ).filter((status) => counts[status] > 0);
  return shown.map((status) => `${number(counts[status])} ${statusWord(status, service)}`).join(', ');
}

/** Money of a run in words: "$1.40 of $5.00, in flight at most $1.25". */
export function moneyInWords(status: RunStatus): string {
  const { inFlight, unconfirmed } = status.costUsd;
  return [
    spent(status),
    ...(inFlight > 0 ? [l10n.t('in flight at most {0}', formatUsd(nanoFromUsd(inFlight)))] : []),
    ...(unconfirmed > 0 ? [l10n.t('unconfirmed {0}', formatUsd(nanoFromUsd(unconfirmed)))] : []),
  ].join(', ');
}

/** Where a run stands, in a word or two. */
export function stateWord(run: RunView): string {
  const state: RunState = run.status.state;
  switch (state) {
    case 'planned':
      return l10n.t('not agreed to yet');
    case 'running':
      if (isOffline(run)) return l10n.t('waiting, offline');
      return run.holder === undefined ? l10n.t('nobody drives it') : l10n.t('running');
    case 'waiting':
      return run.status.code === undefined ? l10n.t('pilot done') : l10n.t('refused by the provider');
    case 'needsDecision':
      return l10n.t('needs a decision');
    case 'stoppedByLimit':
      return l10n.t('limit reached');
    case 'stopped':
      return run.status.code === undefined ? l10n.t('stopped') : l10n.t('sending stopped');
    case 'cancelling':
      return l10n.t('cancelling');
    case 'finished':
      return l10n.t('finished');
  }
}

/** The same as the beginning of a line or a sentence. */
export function atBeginning(words: string): string {
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Whether whoever drives the run cannot reach its services for now. */
export function isOffline({ holder }: RunView): boolean {
  return holder?.offlineSince !== undefined;
}

/** Why a service would have no more of a run, in a few words. */
export function refusalWord(code: ErrorCode): string {
  switch (code) {
    case 'auth':
      return l10n.t('key not accepted');
    case 'providerRefused':
      return l10n.t('account refused');
    default:
      return l10n.t('sending stopped');
  }
}

/** "waits for OpenAI": its service takes no more for now. */
export function waitsFor({ service }: RunView): string {
  return service === undefined ? l10n.t('waits for room at the provider') : l10n.t('waits for {0}', service);
}

/** Who drives a run that this process does not. */
export function elsewhere({ holder }: RunView): string {
  if (holder?.liveness === 'unproved') return l10n.t('driven on {0}', holder.host);
  switch (holder?.kind) {
    case 'cli':
      return l10n.t('driven by a command line');
    case 'library':
      return l10n.t('driven by a program');
    default:
      return l10n.t('driven by another window');
  }
}

/** Where a batch stands, in a word or two. */
export function batchWord(state: BatchState): string {
  switch (state) {
    case 'submitting':
      return l10n.t('being sent');
    case 'uncertain':
      return l10n.t('unknown whether it arrived');
    case 'validating':
      return l10n.t('being checked');
    case 'running':
      return l10n.t('running');
    case 'cancelling':
      return l10n.t('cancelling');
    case 'ended':
      return l10n.t('being collected');
    case 'failed':
      return l10n.t('failed');
    case 'expired':
      return l10n.t('expired');
    case 'cancelled':
      return l10n.t('cancelled');
    case 'unknown':
      return l10n.t('in a state we do not know');
    case 'closed':
      return l10n.t('collected');
    case 'rejected':
      return l10n.t('not accepted');
    case 'abandoned':
      return l10n.t('given up');
  }
}

/** How long a batch takes: "for 12 min, usually 40 min", "for 6 h; here they usually take 40 min". Empty once it has ended. */
export function ageInWords({ ageMs, acceptedAt, usualMs, late }: BatchStatus, now: number): string {
  if (ageMs === undefined || acceptedAt === undefined) return '';
  const so = formatDuration(Math.max(0, now - acceptedAt));
  if (usualMs === undefined)
    return late ? l10n.t('for {0}; they take up to 24 h', so) : l10n.t('for {0}, up to 24 h', so);
  const usual = formatDuration(usualMs);
  return late
    ? l10n.t('for {0}; here they usually take {1}', so, usual)
    : l10n.t('for {0}, usually {1}', so, usual);
}

/** What is known of a batch at a provider: "openai gpt-6-luna, 120 rows, running, 3 h ago". */
export function batchInWords(
  { provider, model, rows, state, createdAt }: ServiceBatch & { readonly provider: string },
  now: number,
): string {
  return [
    model === undefined ? provider : `${provider} ${model}`,
    ...(rows === undefined ? [] : [rowsInWords(rows)]),
    state === 'ended' ? l10n.t('ended') : batchWord(state),
    ...(createdAt === undefined ? [] : [age(createdAt, now)]),
  ].join(', ');
}

/** Whose a batch is that no run here knows, and what can be done with it. */
export function whoseInWords({ mark, attachableTo, uncertainIn }: StrayBatch): string {
  if (uncertainIn !== undefined) return l10n.t('Sent by a run here that does not know that it arrived');
  if (mark === undefined) return l10n.t('May be yours: its end will tell');
  if (attachableTo.length > 0) return l10n.t('Of the same plan as a run here: it can be attached');
  return l10n.t('Sent elsewhere, or by a run that is gone');
}

/** What is known of a batch that may be one that was sent at `sentAt`: "120 rows, running, made 3 s after it was sent". */
export function candidateInWords(candidate: BatchCandidate, sentAt: number): string {
  const { rows, state, createdAt, certain } = candidate;
  const after = createdAt === undefined ? undefined : createdAt - sentAt;
  return [
    ...(rows === undefined ? [] : [rowsInWords(rows)]),
    state === 'ended' ? l10n.t('ended') : batchWord(state),
    ...(after === undefined
      ? []
      : after < 0
        ? [l10n.t('made {0} before it was sent', formatDuration(-after))]
        : [l10n.t('made {0} after it was sent', formatDuration(after))]),
    ...(certain ? [l10n.t('carries its mark')] : []),
  ].join(', ');
}

/** "26 Nov, 10:31": a point in time near now. */
export function timeInWords(at: number): string {
  return new Date(at).toLocaleString(undefined, {
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
  });
}

/** "just now", "5 min ago", "2 h ago", else the date. */
export function age(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return l10n.t('just now');
  if (minutes < 60) return l10n.t('{0} min ago', minutes);
  if (minutes < 24 * 60) return l10n.t('{0} h ago', Math.floor(minutes / 60));
  const date = new Date(at);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** "1 file", "3,000 files". */
export function files(n: number): string {
  return n === 1 ? l10n.t('1 file') : l10n.t('{0} files', number(n));
}

/** "830 B", "18.2 MB". */
export function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const;
  const power = bytes < 1_000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const digits = power === 0 ? 0 : 1;
  const value = (bytes / 1_000 ** power).toLocaleString(undefined, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${value} ${units[power] ?? 'B'}`;
}

/** "830", "45.1 M". */
export function tokensInWords(tokens: number): string {
  return tokens < 1_000_000
    ? number(tokens)
    : l10n.t('{0} M', (tokens / 1_000_000).toLocaleString(undefined, { maximumFractionDigits: 1 }));
}
