import type { Call } from './channel.ts';

/**
 * The page that edits a job file. The host owns the document: the page shows its newest state, keeps only what is
 * typed and not yet sent, and sends edits against the revision that it shows.
 *
 * Money, sizes and counts come as words ready to be shown; labels are the page's own.
 */
export interface EditorSurface {
  readonly states: {
    readonly document: DocumentState;
    readonly findings: FindingsState;
    /** What each cell would send, by cell key; absent until it was looked at. */
    readonly inputs: Readonly<Record<CellKey, CellInputs>>;
    readonly estimate: EstimateState;
    /** What the newest runs of this file made of each cell, by cell key. */
    readonly outcomes: Readonly<Record<CellKey, CellOutcome>>;
    /** The run of this file that is open, or `null`. */
    readonly run: OpenRun | null;
    readonly models: ModelsState;
  };
  readonly intents: {
    readonly run: RunIntent;
    readonly stop: null;
    readonly cancelAtProvider: null;
    /** Opens the text editor, at a place where one is named. Lines and columns count from 1. */
    readonly openText: { readonly line: number; readonly column: number } | null;
    /** Opens an input of a cell, by its place in the list of what matches. */
    readonly openInput: { readonly key: CellKey; readonly index: number };
    readonly openResults: { readonly key: CellKey };
    readonly setApiKey: { readonly provider: string };
    readonly manageTrust: null;
    /** Cells on screen: their inputs are looked at first. */
    readonly visible: { readonly keys: readonly CellKey[] };
  };
  readonly calls: {
    /** Applies edits, all or none. `stale` when the document is not at `baseRev` any more; the newest state follows. */
    readonly edit: Call<{ readonly baseRev: number; readonly edits: readonly Edit[] }, EditResult>;
    /** Repairs what a finding names. */
    readonly fix: Call<
      { readonly baseRev: number; readonly finding: string; readonly fix: string },
      EditResult
    >;
    /** A slice of what matches a cell, those left out last. */
    readonly matches: Call<
      { readonly key: CellKey; readonly offset: number; readonly limit: number },
      MatchPage
    >;
    /** The prompt of one row as it would be sent. @throws CallError `invalid` where the cell has no such row. */
    readonly preview: Call<{ readonly key: CellKey; readonly index: number }, RowPreview>;
    /** Asks the person for files and folders and adds them to the cell. */
    readonly pickFiles: Call<{ readonly baseRev: number; readonly key: CellKey }, EditResult>;
    /** Adds what was dropped: `text/uri-list` as it came. Files outside the root are refused, by name. */
    readonly dropFiles: Call<
      { readonly baseRev: number; readonly key: CellKey; readonly uris: string },
      EditResult
    >;
    /** A JSON Schema that fits an example, strict enough for all services. @throws CallError `invalid`, with the place. */
    readonly schemaOfExample: Call<{ readonly example: string }, { readonly schema: JsonObject }>;
    /** Puts cells on the clipboard, as text that other job files take. */
    readonly copy: Call<{ readonly keys: readonly CellKey[] }, null>;
    /** Inserts the cells of the clipboard, with ids that are free here. */
    readonly paste: Call<{ readonly baseRev: number; readonly at: number }, EditResult>;
    /** Fills an empty file from a template. */
    readonly begin: Call<{ readonly baseRev: number; readonly template: TemplateId }, EditResult>;
  };
}

/** Names a cell for as long as the page lives: ids may change, places do. */
export type CellKey = string;
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
export type JsonPath = readonly (string | number)[];

/** The document as it is. `rev` grows with every change, whoever made it. */
export type DocumentState =
  | (DocumentBase & {
      readonly kind: 'cells';
      readonly job: JobHead;
      readonly cells: readonly CellView[];
    })
  | (DocumentBase & { readonly kind: 'empty' })
  /** Cannot be read: nothing of it is ever written. */
  | (DocumentBase & {
      readonly kind: 'broken';
      readonly message: string;
      readonly line: number;
      readonly column: number;
      /** The lines around the error. */
      readonly excerpt: readonly { readonly line: number; readonly text: string }[];
    });

interface DocumentBase {
  readonly rev: number;
  readonly fileName: string;
  /** False in Restricted Mode: everything can be read and edited, nothing sent. */
  readonly trusted: boolean;
}

/** What stands outside the cells. `undefined`: not named in the file. */
export interface JobHead {
  readonly title?: string;
  readonly defaults: JsonObject;
  readonly costLimitUsd?: number;
  readonly maxConcurrent?: number;
  readonly pilot?: number;
  readonly resultsDir?: string;
  /** What holds where the file is silent. */
  readonly standard: {
    readonly model: string;
    readonly maxTokens: number;
    readonly maxConcurrent: number;
    readonly pilot: number;
    /** Further attempts for a row, by how the last one ended. */
    readonly retry: Readonly<Record<'truncated' | 'invalid' | 'transient' | 'missing', number>>;
  };
}

/** One cell. `source` is its object in the file as it stands, wrong parts included. */
export interface CellView {
  readonly key: CellKey;
  readonly kind: 'markdown' | 'files' | 'rows' | 'messages' | 'unknown';
  readonly id?: string;
  readonly source: JsonObject;
  /** Where it begins in the text, counted from 1. */
  readonly line: number;
  /** Variables that its prompt may name, such as `file.name` and `row.email`, each with an example where one is known. */
  readonly variables: readonly { readonly name: string; readonly example?: string }[];
  /** The model in force. */
  readonly model: string;
}

/** A change of the document. Comments, order and formatting of everything else stay. */
export type Edit =
  /** Sets or removes (`value` absent) a value of a cell (`key`) or outside the cells (`key` null). */
  | { readonly op: 'set'; readonly key: CellKey | null; readonly path: JsonPath; readonly value?: Json }
  /** Inserts a new cell before the cell that is at `at` now; with the kind's own beginning, and a free id. */
  | { readonly op: 'insert'; readonly at: number; readonly kind: 'markdown' | 'files' | 'rows' | 'messages' }
  | { readonly op: 'remove'; readonly keys: readonly CellKey[] }
  | { readonly op: 'move'; readonly key: CellKey; readonly to: number }
  /** Makes a Markdown cell of a cell that has a prompt, or the reverse. */
  | { readonly op: 'turnInto'; readonly key: CellKey; readonly kind: 'markdown' | 'files' };

export interface EditResult {
  readonly rev: number;
  /** Cells that came new, in their order: the page puts the focus on them. */
  readonly added: readonly CellKey[];
}

export interface FindingsState {
  /** The revision that was checked; an older one is being checked anew. */
  readonly rev: number;
  readonly findings: readonly Finding[];
}

/** A problem, as the Problems panel has it. */
export interface Finding {
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** `null`: it stands outside the cells. */
  readonly key: CellKey | null;
  /** Inside the cell, or inside the file; `['prompt']`. */
  readonly path: JsonPath;
  /** Where in the text of a string value, UTF-16 units from its begin. */
  readonly span?: { readonly start: number; readonly end: number };
  readonly line: number;
  readonly column: number;
  readonly fixes: readonly { readonly id: string; readonly title: string }[];
}

/** What a cell would send. */
export type CellInputs =
  | { readonly state: 'looking' }
  | { readonly state: 'failed'; readonly message: string }
  | {
      readonly state: 'ready';
      readonly rows: number;
      readonly leftOut: number;
      /** "3,000 files", "1.26 GB", "45.1 M tokens". */
      readonly count: string;
      readonly bytes: string;
      readonly tokens: string;
      readonly estimate: string;
      readonly worst: string;
      /** The beginning of the list, and of what is left out. */
      readonly first: readonly MatchLine[];
      readonly firstLeftOut: readonly MatchLine[];
      /** Columns of a table, with which one names the rows. */
      readonly columns: readonly string[];
      /** The first rows of a table, cell by cell. */
      readonly table: readonly (readonly string[])[];
      /** The first output files, as they would be written. */
      readonly outputs: readonly string[];
    };

export interface MatchLine {
  readonly index: number;
  readonly name: string;
  readonly size: string;
  readonly tokens: string;
  /** Why it is left out. */
  readonly reason?: string;
}

export interface MatchPage {
  readonly total: number;
  readonly lines: readonly MatchLine[];
}

export interface RowPreview {
  readonly name: string;
  /** Markdown as the model gets it. */
  readonly prompt: string;
  readonly tokens: string;
  readonly rows: number;
}

export type EstimateState =
  | { readonly state: 'looking' }
  /** Nothing can run as it is. */
  | { readonly state: 'blocked'; readonly message: string }
  | {
      readonly state: 'ready';
      readonly rows: number;
      readonly expected: string;
      readonly worst: string;
      /** "The limit cuts the run into 3 waves.", or empty. */
      readonly waves: string;
      readonly cells: readonly {
        readonly id: string;
        readonly rows: string;
        readonly input: string;
        readonly output: string;
        readonly expected: string;
        readonly worst: string;
      }[];
      /** Date of the prices, and how tokens were counted. */
      readonly note: string;
    };

/** Outcome of a cell in the newest run that had it. Numbers for the bar, words to read. */
export interface CellOutcome {
  readonly runId: string;
  readonly running: boolean;
  readonly counts: Readonly<Record<OutcomeKind, number>>;
  readonly total: number;
  /** "2,988 of 3,000 ok". */
  readonly summary: string;
  readonly money: string;
  readonly when: string;
  /** The cell has changed since: "Stale: the prompt changed on 20 Nov." or empty. */
  readonly stale: string;
  readonly columns: readonly string[];
  readonly firstRows: readonly (readonly string[])[];
  /** How many of the rows that are not ok *Re-run Failed* would send. */
  readonly rerunnable: number;
}

export type OutcomeKind =
  'ok' | 'truncated' | 'refused' | 'invalid' | 'error' | 'cancelled' | 'submitted' | 'pending';

export interface OpenRun {
  readonly runId: string;
  readonly state: string;
  readonly summary: string;
  readonly money: string;
  readonly timeLeft: string;
  readonly drivenHere: boolean;
}

export interface ModelsState {
  readonly models: readonly ModelView[];
  /** "Prices of 10 Nov 2026." */
  readonly note: string;
}

export interface ModelView {
  readonly name: string;
  readonly provider: string;
  /** "1 M context. Text, images, PDF. Citations, schema. No temperature." */
  readonly takes: string;
  /** "$0.50 / $2.50" per million tokens in and out as a batch; `undefined`: no price known, cannot run. */
  readonly price?: string;
  readonly keySet: boolean;
  /** Parameters that the model does not take, each with the reason. */
  readonly refuses: Readonly<
    Partial<
      Record<'temperature' | 'effort' | 'enableCitations' | 'responseSchema' | 'cache' | 'echo', string>
    >
  >;
  readonly maxOutputTokens: number;
  readonly efforts: readonly string[];
}

export type RunIntent =
  | { readonly what: 'all' | 'again' | 'failed' }
  | { readonly what: 'pilot'; readonly rows: number; readonly key?: CellKey }
  | { readonly what: 'cell'; readonly key: CellKey };

export const TEMPLATE_IDS = [
  'summarize',
  'extract',
  'classify',
  'translate',
  'review',
  'compare',
  'blank',
] as const;
export type TemplateId = (typeof TEMPLATE_IDS)[number];
