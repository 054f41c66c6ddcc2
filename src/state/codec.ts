import * as z from 'zod';
import { StateError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import type { PlannedRow } from '../core/plan.ts';
import { STATE_FORMAT, type RunMeta, type StoredResult } from '../core/stateManager.ts';
import {
  ATTEMPT_OUTCOMES,
  BATCH_STATES,
  ERROR_CODES,
  RUN_STATES,
  type AttemptOutcome,
  type BatchState,
  type ErrorCode,
} from '../core/vocabulary.ts';
import { parseLine } from './lines.ts';

/** Forms of what is on disk, checked once, where it is read. */

const ordinal = z.number().int().nonnegative();
const nano = z.number().int().nonnegative();
const ranges = z.array(z.tuple([ordinal, ordinal]));
const outcome = z.enum(Object.keys(ATTEMPT_OUTCOMES) as [AttemptOutcome, ...AttemptOutcome[]]);
const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);
const at = z.number();
/** The name of a file in `payload/`, so never one that leads out of it. */
const nonce = z.string().regex(/^[0-9a-z]{1,32}$/);

const retry = z.object({
  truncated: z.number(),
  invalid: z.number(),
  transient: z.number(),
  missing: z.number(),
});
export const moveTarget = z.strictObject({
  model: z.string(),
  provider: z.string(),
  origin: z.string().nullable(),
  worstNanoUsd: nano,
  shown: z.string(),
});

const batchState = z.enum(BATCH_STATES as readonly BatchState[] as [BatchState, ...BatchState[]]);
/** Journals of before 0.2 have ids alone, which say too little to be shown: the next look finds them again. */
const candidates = z
  .array(
    z.union([
      z.object({
        batchId: z.string(),
        certain: z.boolean(),
        createdAt: z.number().optional(),
        rows: z.number().optional(),
        state: batchState,
      }),
      z.string(),
    ]),
  )
  .transform((found) => found.filter((one) => typeof one !== 'string'));

const estimate = z.object({
  bytes: z.number(),
  inputTokens: z.number(),
  reservedNanoUsd: nano,
  expectedNanoUsd: nano,
});

const event = z.discriminatedUnion('e', [
  z.object({ e: z.literal('runCreated'), at, rows: ordinal, planSha256: z.string() }),
  z.object({ e: z.literal('leaseTaken'), at, holder: z.string() }),
  z.object({
    e: z.literal('confirmed'),
    at,
    by: z.enum(['flag', 'prompt', 'window', 'library']),
    rows: ordinal,
    bytes: z.number(),
    expectedNanoUsd: nano,
    worstNanoUsd: nano,
    destinations: z.array(z.string()),
    shown: z.string().optional(),
  }),
  z.object({
    e: z.literal('rowsReused'),
    at,
    run: z.string(),
    rows: z.array(z.tuple([ordinal, z.number(), z.number(), z.number()])),
  }),
  z.object({ e: z.literal('rowReplanned'), at, row: ordinal, inputHash: z.string(), estimate }),
  z.object({
    e: z.literal('rowsCounted'),
    at,
    exact: z.boolean(),
    rows: z.array(z.tuple([ordinal, z.number(), nano, nano])),
  }),
  z.object({ e: z.literal('cellRefused'), at, cell: z.string(), message: z.string() }),
  z.object({
    e: z.literal('batchIntended'),
    at,
    nonce,
    provider: z.string(),
    model: z.string(),
    rows: ranges,
    payloadHash: z.string(),
    bytes: z.number(),
    reservedNanoUsd: nano,
    reservations: z.array(nano).optional(),
    keyFingerprint: z.string().optional(),
  }),
  z.object({
    e: z.literal('batchAccepted'),
    at,
    nonce,
    batchId: z.string(),
    keyFingerprint: z.string().optional(),
    adopted: z.literal(true).optional(),
    unproved: z.literal(true).optional(),
    createdAt: z.number().optional(),
    keptUntil: z.number().optional(),
  }),
  z.object({
    e: z.literal('batchRejected'),
    at,
    nonce,
    code: errorCode,
    message: z.string(),
  }),
  z.object({ e: z.literal('batchUncertain'), at, nonce, message: z.string() }),
  z.object({
    e: z.literal('batchLooked'),
    at,
    nonce,
    look: z.number(),
    candidates,
    ruledOut: z.array(z.string()).optional(),
  }),
  z.object({
    e: z.literal('batchState'),
    at,
    nonce,
    state: batchState,
    raw: z.string(),
    completed: z.number().optional(),
  }),
  z.object({
    e: z.literal('rowsFinished'),
    at,
    nonce: nonce.optional(),
    rows: z.array(
      z.tuple([
        ordinal,
        z.number(),
        outcome,
        z.number(),
        z.number(),
        z.number(),
        nano.nullable(),
        z.number(),
        z.number(),
        z.number().int().optional(),
      ]),
    ),
  }),
  z.object({
    e: z.literal('batchClosed'),
    at,
    nonce,
    lines: z.number(),
    strays: z.number(),
    endedAt: z.number().optional(),
    queueFull: z.literal(true).optional(),
  }),
  z.object({ e: z.literal('artifactsDeleted'), at, nonce }),
  z.object({ e: z.literal('batchAbandoned'), at, nonce, reason: z.string() }),
  z.object({ e: z.literal('batchWithdrawn'), at, nonce, moveTo: moveTarget.optional() }),
  z.object({
    e: z.literal('rowsMoved'),
    at,
    model: z.string(),
    provider: z.string(),
    maxTokens: z.number().int().positive(),
    retry,
    rows: z.array(z.tuple([ordinal, z.string(), z.number(), z.number(), nano, nano])),
  }),
  z.object({
    e: z.literal('rowsWritten'),
    at,
    paths: z.array(z.union([z.string(), z.tuple([z.string(), z.string()]), z.null()])),
    rows: z.array(z.tuple([ordinal, z.number().int().nonnegative(), z.string()])),
  }),
  z.object({ e: z.literal('limitSet'), at, limitNanoUsd: nano.nullable() }),
  z.object({ e: z.literal('writtenOff'), at, nanoUsd: nano }),
  z.object({ e: z.literal('requestHandled'), at, id: z.string(), kind: z.string() }),
  z.object({ e: z.literal('cancelRequested'), at }),
  z.object({ e: z.literal('continued'), at }),
  z.object({ e: z.literal('retryRequested'), at, rows: ranges }),
  z.object({ e: z.literal('notice'), at, code: z.string(), message: z.string() }),
  z.object({
    e: z.literal('runEnded'),
    at,
    state: z.enum(RUN_STATES),
    reason: z.string().optional(),
    code: errorCode.optional(),
  }),
]);
const writerEpoch = z.object({ n: z.number().int().nonnegative() });

/** An event with the epoch of the lease under which it was written. */
export interface JournalEntry {
  readonly event: RunEvent;
  readonly epoch: number;
}

/** @param sourceOf The source of a planned row, which the paths of outputs usually hold. */
export function encodeEvent({ event, epoch }: JournalEntry, sourceOf: SourceOf): string {
  const stored = event.e === 'rowsWritten' ? packWritten(event, sourceOf) : event;
  return `${JSON.stringify({ n: epoch, ...stored })}\n`;
}

/** @throws StateError `corruptState` with the line. */
export function decodeEvent(text: string, line: number, sourceOf: SourceOf): JournalEntry {
  const data = parseLine(text, 'journal.jsonl', line);
  const parsed = event.safeParse(data);
  const epoch = writerEpoch.safeParse(data);
  if (!parsed.success || !epoch.success) throw unreadable('journal.jsonl', line, parsed.error ?? epoch.error);
  const stored = parsed.data;
  return {
    event: stored.e === 'rowsWritten' ? unpackWritten(stored, sourceOf) : (stored as RunEvent),
    epoch: epoch.data.n,
  };
}

type SourceOf = (ordinal: number) => string | undefined;
type RowsWritten = Extract<RunEvent, { e: 'rowsWritten' }>;
type StoredRowsWritten = Extract<z.infer<typeof event>, { e: 'rowsWritten' }>;

/**
 * Paths that hold their row's source are kept once, as what stands before and after it; hashes as base64url. That is a
 * third of the bytes, and a large part of what a row leaves on disk.
 */
function packWritten({ rows, ...rest }: RowsWritten, sourceOf: SourceOf): StoredRowsWritten {
  const places = new Map<string, number>();
  const paths: StoredRowsWritten['paths'] = [];
  const packed = rows.map(([row, path, sha256]): StoredRowsWritten['rows'][number] => {
    const source = sourceOf(row) ?? '';
    const at = source === '' || path === null ? -1 : path.lastIndexOf(source);
    const form =
      path === null || at < 0
        ? path
        : ([path.slice(0, at), path.slice(at + source.length)] as [string, string]);
    const key = JSON.stringify(form);
    const place = places.get(key) ?? paths.push(form) - 1;
    places.set(key, place);
    return [row, place, Buffer.from(sha256, 'hex').toString('base64url')];
  });
  return { ...rest, paths, rows: packed };
}

function unpackWritten({ rows, paths, ...rest }: StoredRowsWritten, sourceOf: SourceOf): RowsWritten {
  return {
    ...rest,
    rows: rows.map(([row, place, sha256]) => {
      const form = paths[place] ?? null;
      const path = Array.isArray(form) ? form.join(sourceOf(row) ?? '') : form;
      return [row, path, Buffer.from(sha256, 'base64url').toString('hex')] as const;
    }),
  };
}

const planLine = z.object({
  id: z.string(),
  cell: z.string().optional(),
  source: z.string(),
  hash: z.string(),
  /** bytes, input tokens, reserved and expected nanodollars */
  estimate: z.tuple([z.number(), z.number(), nano, nano]),
});

/** A planned row without its cell: that is the id's head (ids are `<cell>-<26 digits>`), unless it says otherwise. */
export function encodePlannedRow(row: PlannedRow): string {
  const { bytes, inputTokens, reservedNanoUsd, expectedNanoUsd } = row.estimate;
  const line = {
    id: row.id,
    ...(cellOf(row.id) === row.cell ? {} : { cell: row.cell }),
    source: row.source,
    hash: row.inputHash,
    estimate: [bytes, inputTokens, reservedNanoUsd, expectedNanoUsd],
  };
  return `${JSON.stringify(line)}\n`;
}

/** @throws StateError `corruptState` with the line. */
export function decodePlannedRow(text: string, line: number): PlannedRow {
  const parsed = planLine.safeParse(parseLine(text, 'plan.jsonl', line));
  if (!parsed.success) throw unreadable('plan.jsonl', line, parsed.error);
  const { id, cell, source, hash, estimate: e } = parsed.data;
  return {
    id,
    cell: cell ?? cellOf(id),
    source,
    inputHash: hash,
    estimate: { bytes: e[0], inputTokens: e[1], reservedNanoUsd: e[2], expectedNanoUsd: e[3] },
  };
}

function cellOf(id: string): string {
  return id.replace(/-[0-9a-z]{26}$/, '');
}

const meta = z.object({
  format: z.literal(STATE_FORMAT),
  runId: z.string(),
  createdAt: z.number(),
  title: z.string(),
  jobFile: z.object({ path: z.string(), sha256: z.string(), text: z.string() }).optional(),
  onlyCell: z.string().optional(),
  cells: z.array(
    z.object({
      id: z.string(),
      model: z.string(),
      provider: z.string(),
      parameters: z.looseObject({ model: z.string(), maxTokens: z.number() }),
      retry,
      prefixTokens: z.number().optional(),
      probe: z.literal(true).optional(),
    }),
  ),
  settings: z.object({
    limitNanoUsd: nano.optional(),
    maxConcurrent: z.number().int().positive(),
    jobsPerBatch: z.union([z.number().int().positive(), z.literal('auto')]),
    pilot: z.number().int().nonnegative(),
    resultsDir: z.string(),
  }),
});

/** @throws StateError `newerFormat` or `corruptState`. */
export function decodeMeta(text: string): RunMeta {
  const data = parseLine(text, 'run.json', 1);
  const format = z.object({ format: z.number() }).safeParse(data);
  if (format.success && format.data.format > STATE_FORMAT) {
    throw new StateError(
      'newerFormat',
      `This run was written by a newer Batchbook (format ${String(format.data.format)}, this one reads up to ${String(STATE_FORMAT)}). Update Batchbook to open it; nothing was changed.`,
    );
  }
  const parsed = meta.safeParse(data);
  if (!parsed.success) throw unreadable('run.json', 1, parsed.error);
  return parsed.data as RunMeta;
}

const storedResult = z.object({ row: ordinal, outcome });

/** Results were written by us and are guarded by a checksum: only the join fields are looked at again. */
export function decodeResult(text: string): StoredResult {
  const data = parseLine(text, 'results.jsonl', 0);
  const parsed = storedResult.safeParse(data);
  if (!parsed.success) throw unreadable('results.jsonl', 0, parsed.error);
  return data as StoredResult;
}

function unreadable(file: string, line: number, cause: unknown): StateError {
  return new StateError(
    'corruptState',
    `${file} line ${String(line)} is not what this version writes. Nothing was changed; restore the file from a backup, or start a new run.`,
    { cause },
  );
}
