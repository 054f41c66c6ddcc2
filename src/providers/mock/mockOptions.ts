import type { RowResult } from '../../core/provider.ts';
import type { MockRequest } from './mockRequest.ts';

/** How an attempt of a row ends at the pretend service. */
export type MockOutcome = Exclude<RowResult['outcome'], 'contextFull'>;

/** A row of a batch, as predicates and functions of the options see it. */
export interface MockRow {
  readonly customId: string;
  /** From the custom id `<nonce>-<ordinal in base 36>`; -1 where the id is of another form. */
  readonly ordinal: number;
  /** 1 for the first batch that held this row (by ordinal), 2 for the second, and so on. */
  readonly attempt: number;
  /** Place in its batch, from 0. */
  readonly index: number;
  readonly request: MockRequest;
}

/**
 * Which calls a fault hits, counted from when the fault was set: the first `n`, exactly the listed ones (from 1), or
 * what the function says.
 */
export type CallPick = number | readonly number[] | ((call: number) => boolean);

/**
 * Which rows a fault hits: the first `n` of every batch, the listed ordinals, a selection as data, or what the
 * function says. In a selection everything that is given must hold; `share` (0 to 1) is drawn by ordinal from the seed;
 * `attempts` limits it to the first so many attempts of a row.
 */
export type RowPick =
  | number
  | readonly number[]
  | {
      readonly count?: number;
      readonly ordinals?: readonly number[];
      readonly share?: number;
      readonly attempts?: number;
    }
  | ((row: MockRow) => boolean);

/**
 * Misbehaviour, each switch on its own. Faults of a create call are consulted in the order in which they stand here, and
 * a call that one fault ends is not counted by the later ones: `{ queueFull: 1, lostReply: 1 }` refuses the first
 * create and loses the reply of the second.
 */
export interface MockFaults {
  /** Every call breaks from `fromMs` to `untilMs` after the service began; nothing arrives. */
  readonly outage?: { readonly fromMs: number; readonly untilMs: number };

  /** Create answers 401. */
  readonly auth?: CallPick;
  /** Create answers 400. */
  readonly invalidRequest?: CallPick;
  /** Create answers 429 with a time to wait. */
  readonly rateLimit?: CallPick;
  /** Create answers 429: too much is enqueued. */
  readonly queueFull?: CallPick;
  /** Create answers 503 and commits nothing, which the client cannot know. */
  readonly unavailable?: CallPick;
  /** The connection of create breaks and nothing is committed, which the client cannot know. */
  readonly lostRequest?: CallPick;
  /** Create commits; the batch fails at once for want of room in the queue, without having done anything. */
  readonly acceptedThenQueueFull?: CallPick;
  /** Create commits and the connection breaks before the reply. */
  readonly lostReply?: CallPick;

  /** A poll breaks. */
  readonly pollBroken?: CallPick;
  /** A poll answers 503. */
  readonly pollUnavailable?: CallPick;
  /** A poll answers with a state word that no client knows. */
  readonly unknownState?: CallPick;
  /** Listing breaks. */
  readonly listBroken?: CallPick;
  /** A committed batch shows in the list only after so many milliseconds. */
  readonly listLagMs?: number;
  /** Cancelling is accepted and changes nothing. */
  readonly cancelIgnored?: CallPick;

  /** The download's connection breaks in the middle of a line. */
  readonly brokenDownloads?: CallPick;
  /** The download ends without an error in the middle of a line. */
  readonly cutDownloads?: CallPick;
  /** The download ends without an error after half of the lines. */
  readonly shortDownloads?: CallPick;

  /** These rows are billed and have no result line. */
  readonly droppedRows?: RowPick;
  /** These rows have each other's answers, under their own ids. */
  readonly misrouted?: RowPick;
  /** The model leaves out of these rows' answers the token that it was asked to give back. */
  readonly tokenForgotten?: RowPick;
  /** These rows have two equal lines. */
  readonly duplicatedRows?: RowPick;
  /** The lines of these rows have no custom id. */
  readonly rowsWithoutId?: RowPick;
  /** The lines of these rows do not say the usage. */
  readonly missingUsage?: RowPick;
  /** The usage of these rows is `overspendFactor` (10) times what it should be, billed and reported. */
  readonly overspend?: RowPick;
  readonly overspendFactor?: number;
  /** So many lines with custom ids that nobody sent, in every batch. */
  readonly inventedRows?: number;
  /** The lines come in a seeded random order. */
  readonly shuffled?: boolean;
  /** Added to the count of lines that the service states. */
  readonly countsOffBy?: number;
}

/** How a batch ends when nobody cancels it. */
export interface MockEnding {
  readonly state: 'ended' | 'expired' | 'failed' | 'cancelled';
  /** Rows that were done by then, from the front; absent: all if it ended, none if it failed, else half. */
  readonly completed?: number;
  /** Of a failed batch: refused at validation, or failed later; default `failed`. */
  readonly failure?: 'rejected' | 'failed';
}

/** How rows end. Whatever is not named ends `ok`. */
export interface MockOutcomes {
  /** Share of the rows (0 to 1) for each outcome, drawn by ordinal from the seed. */
  readonly shares?: Partial<Record<MockOutcome, number>>;
  /** Shares apply to the first so many attempts of a row; later ones end `ok`. Default: to all. */
  readonly shareAttempts?: number;
  /** By ordinal: the outcomes of the first, second … attempt; the last one repeats. Before shares. */
  readonly rows?: Readonly<Record<number, readonly MockOutcome[]>>;
}

/** How the pretend service behaves. All but the functions is plain JSON, so that it can be given to another process. */
export interface MockServiceOptions {
  /** Everything random comes from it; default 1. */
  readonly seed?: number;
  /** Milliseconds before a batch leaves `validating`; default 0. */
  readonly validatingMs?: number;
  /** Milliseconds a batch runs after that; a list goes by batch in order of creation, its last repeats. Default 1000. */
  readonly runningMs?: number | readonly number[];
  /** Milliseconds from the request to cancel until the batch is terminal; default 0. */
  readonly cancelMs?: number;
  /** A batch that still runs after so many milliseconds expires; default 24 hours. */
  readonly expiresAfterMs?: number;
  /** Milliseconds between commit and reply of a create; default 0. */
  readonly replyMs?: number;
  /** By batch in order of creation; batches beyond the list end `ended`. */
  readonly endings?: readonly MockEnding[];
  /** Whether rows that an expired or cancelled batch did not reach have a line that says so; default true. */
  readonly linesForUnfinished?: boolean;
  /** Whether the service documents that rows without a usage are free; default true. */
  readonly unreportedIsFree?: boolean;
  /** Whether snapshots state how many lines there are; default true. */
  readonly statesLines?: boolean;
  readonly outcomes?: MockOutcomes;
  /** Overrides `outcomes`. */
  readonly outcome?: (row: MockRow) => MockOutcome;
  /** The text of a good answer; must depend on the request only. */
  readonly answer?: (request: MockRequest) => string;
  readonly faults?: MockFaults;
}
