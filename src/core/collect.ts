import { BackOff } from './backOff.ts';
import { cacheSavingNanoUsd } from './caching.ts';
import { withCitedFields, withVerifiedCitations } from './citations.ts';
import { ContentDigest } from './contentDigest.ts';
import { echoToken, withoutEcho } from './echo.ts';
import { cellOf, type EngineContext } from './engineContext.ts';
import { BatchbookError, ProviderError } from './errors.ts';
import type { FinishedRow, RunEvent } from './events.ts';
import { ordinalOf } from './ids.ts';
import { NO_USAGE, inputTokensOf } from './job.ts';
import { costNanoUsd } from './modelConfig.ts';
import type { PlannedRow } from './plan.ts';
import type { BatchSnapshot, Provider, RowResult } from './provider.ts';
import type { LedgerBatch } from './runLedger.ts';
import type { RunWriter, StoredResult } from './stateManager.ts';
import type { AttemptOutcome, RowErrorCode } from './vocabulary.ts';

/** Rows written together: a journal line names this many at most. */
const CHUNK = 200;

/** Endings that no service documents as free: without a usage, what they cost is unconfirmed. */
const MAY_HAVE_COST: ReadonlySet<AttemptOutcome> = new Set([
  'ok',
  'truncated',
  'contextFull',
  'refused',
  'invalid',
]);

/** One complete reading of a batch's results. */
interface Download {
  readonly lines: number;
  readonly strays: number;
  /** There is not one id of ours in it, but those of others, or no proof that it is ours: it is not what we sent. */
  readonly foreign: boolean;
  readonly digest: string;
}

/**
 * Fetches, reconciles and accounts a terminal batch, then closes it durably. Every row of the batch ends with a result:
 * joined by custom id alone (promise P4), or, once the reading is proved complete, as missing (promise P2: complete is
 * a whole stream whose lines equal the service's count and cover every row, or two readings with the same content).
 */
export async function collectBatch(
  context: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
  snapshot: BatchSnapshot,
): Promise<void> {
  const { writer, clock, stop } = context;
  const queueFull = snapshot.failure?.code === 'queueFull';
  let read: Download = { lines: 0, strays: 0, foreign: false, digest: '' };
  if (!queueFull) {
    const backOff = new BackOff(context.random);
    let previous: string | undefined;
    for (;;) {
      try {
        read = await download(context, provider, batch, snapshot);
        if (read.foreign) {
          await disown(context, batch);
          return;
        }
        const complete =
          unfinished(batch).length === 0 && read.lines === (snapshot.expectedLines ?? read.lines);
        if (complete || read.digest === previous) break;
        previous = read.digest;
        await clock.sleep(backOff.next(), stop);
      } catch (error) {
        if (!(error instanceof ProviderError) || !error.retryable) throw error;
        await clock.sleep(backOff.after(error), stop);
      }
      if (stop.aborted) return;
    }
    await finish(
      context,
      batch,
      unfinished(batch).map((ordinal) => withoutLine(ordinal, snapshot, cancelledBy(writer, batch))),
      // What is documented as free has a line that says so, but for a batch that failed as a whole.
      { ...snapshot, unreportedIsFree: snapshot.unreportedIsFree && snapshot.state === 'failed' },
    );
  }
  await writer.syncResults();
  const at = clock.now();
  await writer.append(...noticesOf(batch, read.strays, at), {
    e: 'batchClosed',
    at,
    nonce: batch.nonce,
    lines: read.lines,
    strays: read.strays,
    ...(snapshot.endedAt === undefined ? {} : { endedAt: snapshot.endedAt }),
    ...(queueFull ? { queueFull: true } : {}),
  });
}

async function download(
  context: EngineContext,
  provider: Provider,
  batch: LedgerBatch,
  snapshot: BatchSnapshot,
): Promise<Download> {
  const { writer, stop } = context;
  const expected = new Set(batch.rows);
  const seen = new Set<number>();
  const content = new ContentDigest();
  let lines = 0;
  let strays = 0;
  let others = 0;
  let ours = 0;
  let chunk: StoredResult[] = [];
  const flush = async (): Promise<void> => {
    await finish(context, batch, chunk, snapshot);
    chunk = [];
  };
  for await (const result of provider.results(snapshot.batchId, stop)) {
    lines += 1;
    content.add(JSON.stringify(result));
    const ordinal = result.customId === undefined ? undefined : ordinalOf(batch.nonce, result.customId);
    if (result.customId?.startsWith(`${batch.nonce}-`) === true) ours += 1;
    else if (result.customId !== undefined) others += 1;
    if (ordinal === undefined || !expected.has(ordinal) || seen.has(ordinal)) {
      strays += 1;
      continue;
    }
    seen.add(ordinal);
    if (batch.finished.has(ordinal)) continue; // on disk already, from a reading before this one
    const checked = await finished(context, batch.nonce, ordinal, result);
    chunk.push(toStored(ordinal, checked, cancelledBy(writer, batch)));
    if (chunk.length >= CHUNK) await flush();
  }
  await flush();
  return { lines, strays, foreign: ours === 0 && (others > 0 || !batch.certain), digest: content.value };
}

/** A wrong batch was adopted: nothing of it is used or deleted, and where ours is stays open. */
async function disown({ writer, clock }: EngineContext, batch: LedgerBatch): Promise<void> {
  const message = `Batch ${batch.batchId ?? ''} has no results of ours: it is not the one that was sent. Adopt another, or send the rows again.`;
  await writer.append({ e: 'batchUncertain', at: clock.now(), nonce: batch.nonce, message });
}

/** Result lines first, then the journal's: what the journal names is in the file. */
async function finish(
  context: EngineContext,
  batch: LedgerBatch,
  results: readonly StoredResult[],
  snapshot: BatchSnapshot,
): Promise<void> {
  const { writer, clock, registry } = context;
  for (let i = 0; i < results.length; i += CHUNK) {
    const part = results.slice(i, i + CHUNK);
    const locations = await writer.appendResults(part);
    const at = clock.now();
    const answeredAt = Math.min(at, snapshot.endedAt ?? at); // prices may have changed before anybody fetched it
    const rows = part.map((result, k): FinishedRow => {
      const location = locations[k];
      if (location === undefined)
        throw new BatchbookError('internal', 'A result was written without a place.');
      const free = snapshot.unreportedIsFree && !MAY_HAVE_COST.has(result.outcome) ? 0 : null;
      const cost =
        result.usage === undefined
          ? free
          : costNanoUsd(registry.modelConfig(batch.model), result.usage, answeredAt);
      const attempt = writer.ledger.row(result.row).attempts + 1;
      const usage = result.usage ?? NO_USAGE;
      const saved = cacheSavingNanoUsd(registry.modelConfig(batch.model), usage, answeredAt);
      const sums = [cost, inputTokensOf(usage), usage.output] as const;
      return saved === 0
        ? [result.row, attempt, result.outcome, ...location, ...sums]
        : [result.row, attempt, result.outcome, ...location, ...sums, saved];
    });
    const dear = rows.filter(([row, , , , , , cost]) => (cost ?? 0) > writer.ledger.money.reservedFor(row));
    await writer.append(
      { e: 'rowsFinished', at, nonce: batch.nonce, rows },
      ...dear.map(([row]) => overspent(writer.ledger.row(row).planned, at)),
    );
  }
}

function overspent({ source, id }: PlannedRow, at: number): RunEvent {
  const message = `${source || id} cost more than was reserved for it; nothing more is sent until you have looked.`;
  return { e: 'notice', at, code: 'overspent', message };
}

/** What the person should know of a batch as a whole. */
function noticesOf(batch: LedgerBatch, strays: number, at: number): RunEvent[] {
  const name = batch.batchId ?? batch.nonce;
  const elsewhere = [...batch.finished.values()].filter(
    ([, , outcome]) => outcome === 'cancelledElsewhere',
  ).length;
  const messages = [
    ...(strays === 0
      ? []
      : [`${String(strays)} result lines of batch ${name} belong to no row of it; they were not used.`]),
    ...(elsewhere === 0
      ? []
      : [
          `Batch ${name} was cancelled, and not from here; ${String(elsewhere)} of its rows go back to wait.`,
        ]),
  ];
  return messages.map((message) => ({ e: 'notice', at, code: 'batch', message }));
}

/**
 * An answer as it is kept: with the token of its row where one was asked for, which is taken out; checked by the schema
 * that was asked for; its citations by the source that was sent.
 */
async function finished(
  context: EngineContext,
  nonce: string,
  ordinal: number,
  result: RowResult,
): Promise<RowResult> {
  const row = context.writer.ledger.row(ordinal);
  const { echo, responseSchema: schema } = cellOf(context, row).parameters;
  const own = echo === true ? withoutEcho(result, schema, echoToken(nonce, ordinal)) : result;
  const cited = await withVerifiedCitations(context, row, own);
  const { checkAnswer } = context;
  if (
    cited.outcome !== 'ok' ||
    schema === undefined ||
    cited.parsedResponse !== undefined ||
    checkAnswer === undefined
  )
    return cited;
  const checked = await checkAnswer(schema, cited.response ?? '');
  if (!checked.ok)
    return { ...cited, outcome: 'invalid', error: { code: 'invalid', message: checked.message } };
  return { ...withCitedFields(cited, checked.fieldsIn), parsedResponse: checked.value };
}

/** How a row ends whose batch was cancelled: by whose word that was. */
type Cancelled = 'cancelled' | 'withdrawn' | 'cancelledElsewhere';

function cancelledBy({ ledger }: RunWriter, { withdrawn }: LedgerBatch): Cancelled {
  if (ledger.cancelRequested) return 'cancelled';
  return withdrawn ? 'withdrawn' : 'cancelledElsewhere';
}

function toStored(ordinal: number, result: RowResult, cancelled: Cancelled): StoredResult {
  const outcome: AttemptOutcome = result.outcome === 'cancelled' ? cancelled : result.outcome;
  return {
    row: ordinal,
    outcome,
    ...(result.response === undefined ? {} : { response: result.response }),
    ...(result.parsedResponse === undefined ? {} : { parsedResponse: result.parsedResponse }),
    ...(result.citations === undefined ? {} : { citations: result.citations }),
    ...(result.stopReason === undefined ? {} : { stopReason: result.stopReason }),
    ...(result.usage === undefined ? {} : { usage: result.usage }),
    ...(result.error === undefined ? {} : { error: result.error }),
  };
}

/** A row that a complete reading has no line for, by how its batch ended. */
function withoutLine(ordinal: number, snapshot: BatchSnapshot, cancelled: Cancelled): StoredResult {
  const failed = (code: RowErrorCode, message: string): StoredResult => ({
    row: ordinal,
    outcome: code,
    error: { code, message },
  });
  switch (snapshot.state) {
    case 'cancelled':
      return { row: ordinal, outcome: cancelled };
    case 'expired':
      return failed('expired', 'The batch expired before the service answered this row.');
    case 'failed': {
      const reason = snapshot.failure?.message ?? 'The service did not say why.';
      return failed(
        snapshot.failure?.code === 'rejected' ? 'permanent' : 'transient',
        `The batch failed: ${reason}`,
      );
    }
    default:
      return failed(
        'missing',
        'The service says that the batch is complete, but returned no result for this row.',
      );
  }
}

function unfinished(batch: LedgerBatch): number[] {
  return batch.rows.filter((ordinal) => !batch.finished.has(ordinal));
}
