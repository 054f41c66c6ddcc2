import type { RowStatus } from '../core/vocabulary.ts';
import { ROW_STATUSES } from '../core/vocabulary.ts';
import type { Parse } from './channel.ts';

/** The page of one run: how far, how much, anything wrong. Its texts come from the host, but for those of its plots. */
export interface ProgressSurface {
  readonly states: { readonly progress: ProgressState; readonly series: SeriesState };
  readonly intents: {
    /** Do what a button says. */
    readonly act: { readonly action: ProgressAction };
    /** Open the rows that stand there. */
    readonly openOutcome: { readonly status: RowStatus };
    /** Open the rows of a batch, by its place in the run from 1. */
    readonly openBatch: { readonly number: number };
    /** Open a row, by its ordinal. */
    readonly openRow: { readonly row: number };
    /** Show more of the log. */
    readonly showEarlier: null;
  };
  readonly calls: object;
}

/** What a button of the page may ask for; each is a command of the extension. */
export const PROGRESS_ACTIONS = [
  'openResults',
  'export',
  'stop',
  'resume',
  'cancelAtProvider',
  'setLimit',
  'resolve',
  'rerunFailed',
  'openJobFile',
  'showSent',
  'setApiKey',
  'openBilling',
  'newJobFile',
  'trySample',
  'showRuns',
] as const;
export type ProgressAction = (typeof PROGRESS_ACTIONS)[number];

export interface Button {
  readonly action: ProgressAction;
  readonly label: string;
}

/** Where a colour comes from; always beside a word. */
export type Tone = RowStatus | 'warning' | 'error' | 'info' | 'plain';

export interface Icon {
  /** Of a codicon. */
  readonly name: string;
  readonly tone: Tone;
  readonly spins?: true;
}

export type ProgressState = EmptyPage | RunPage;

/** There is no run to show. */
export interface EmptyPage {
  readonly kind: 'empty';
  readonly title: string;
  readonly text: string;
  /** The first is the filled one. */
  readonly buttons: readonly Button[];
}

export interface RunPage {
  readonly kind: 'run';
  readonly title: string;
  readonly icon: Icon;
  /** Where it stands, then what it is. */
  readonly meta: readonly string[];
  readonly links: readonly Button[];
  /** The first is the filled one. */
  readonly buttons: readonly Button[];
  readonly messages: readonly Message[];
  readonly rows: RowsPart;
  readonly money: MoneyPart;
  readonly problems: ProblemsPart | undefined;
  readonly batches: BatchesPart;
  readonly events: EventsPart;
}

/** What happened, which rows, what it cost, what to do. */
export interface Message {
  readonly severity: 'error' | 'warning' | 'info';
  readonly icon: string;
  readonly title: string;
  readonly text: string;
  /** At most three; the first is the filled one where nothing else on the page is. */
  readonly buttons: readonly Button[];
  /** The provider's own words, one click below; absent where there are none. */
  readonly details?: Details;
}

export interface Details {
  readonly label: string;
  readonly words: readonly string[];
}

export interface RowsPart {
  readonly title: string;
  readonly big: string;
  readonly small: string;
  readonly note: string;
  readonly done: number;
  readonly total: number;
  /** The whole bar in words. */
  readonly says: string;
  readonly segments: readonly Segment[];
}

/** Rows that stand in the same way. None is empty. */
export interface Segment {
  readonly status: RowStatus;
  readonly rows: number;
  readonly count: string;
  readonly label: string;
}

export interface MoneyPart {
  readonly title: string;
  readonly big: string;
  readonly small: string;
  readonly note: string;
  /** Most of the limit is used. */
  readonly near: boolean;
  readonly says: string;
  /** In USD. */
  readonly spent: number;
  /** What the whole bar is, in USD; 0: there is nothing to show. */
  readonly scale: number;
  /** From 0 to 1: where the warning begins; absent without a limit. */
  readonly tick?: number;
  readonly parts: readonly MoneySegment[];
  /** Further words below the bar. */
  readonly notes: readonly string[];
  readonly buttons: readonly Button[];
}

export interface MoneySegment {
  readonly kind: 'spent' | 'inFlight' | 'unconfirmed' | 'toSend';
  /** Of the bar, from 0 to 1. */
  readonly share: number;
  readonly amount: string;
  readonly label: string;
}

/** Rows that are not ok, and what can be done about them. */
export interface ProblemsPart {
  readonly title: string;
  readonly items: readonly ProblemItem[];
}

export interface ProblemItem {
  readonly status: RowStatus;
  /** Its ordinal, where it is one row. */
  readonly row: number | undefined;
  readonly icon: string;
  readonly count: string;
  readonly text: string;
  readonly link: string;
  readonly details?: Details;
}

export interface BatchesPart {
  readonly title: string;
  readonly summary: string;
  readonly columns: readonly string[];
  readonly rows: readonly BatchRow[];
}

export interface BatchRow {
  /** 0: it is not sent yet. */
  readonly number: number;
  readonly name: string;
  readonly icon: Icon;
  readonly state: string;
  readonly note: string;
  readonly rows: string;
  readonly id: string;
  readonly time: string;
  readonly estimate: string;
  readonly cost: string;
}

export interface EventsPart {
  readonly title: string;
  /** Newest first. */
  readonly items: readonly EventItem[];
  /** "Show 40 earlier", or empty. */
  readonly earlier: string;
}

export interface EventItem {
  /** The same for the same event. */
  readonly id: number;
  readonly time: string;
  /** With the date, for those who hear it. */
  readonly dateTime: string;
  readonly icon: Icon;
  readonly text: string;
  readonly details?: Details;
}

/** Rows and money over time, in numbers: the page draws them. */
export interface SeriesState {
  /** Epoch milliseconds. */
  readonly now: number;
  /** How the service is called: "at Anthropic". */
  readonly atService: string;
  readonly totalRows: number;
  readonly limitUsd: number | null;
  readonly past: readonly SeriesPoint[];
  /** Empty where nobody drives the run or there is nothing to go by. */
  readonly expected: readonly ExpectedPoint[];
}

export interface SeriesPoint {
  readonly at: number;
  readonly finished: number;
  readonly submitted: number;
  readonly spentUsd: number;
  /** In flight and unconfirmed, at most. */
  readonly heldUsd: number;
}

export interface ExpectedPoint {
  readonly at: number;
  readonly finished: number;
  readonly spentUsd: number;
}

/** What a page may send, checked where it arrives. */
export const parseAct: Parse<ProgressSurface['intents']['act']> = (value) => {
  const { action } = value as { readonly action?: unknown };
  const known = PROGRESS_ACTIONS.find((one) => one === action);
  if (known === undefined) throw new TypeError('action is one that a button has');
  return { action: known };
};
export const parseOutcome: Parse<ProgressSurface['intents']['openOutcome']> = (value) => {
  const { status } = value as { readonly status?: unknown };
  const known = ROW_STATUSES.find((one) => one === status);
  if (known === undefined) throw new TypeError('status is one of a row');
  return { status: known };
};
export const parseBatch: Parse<ProgressSurface['intents']['openBatch']> = (value) => ({
  number: ordinalOf((value as { readonly number?: unknown }).number),
});
export const parseRow: Parse<ProgressSurface['intents']['openRow']> = (value) => ({
  row: ordinalOf((value as { readonly row?: unknown }).row),
});

function ordinalOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new TypeError('it is a whole number');
  return value;
}
