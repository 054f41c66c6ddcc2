import { isDeepStrictEqual } from 'node:util';
import { estimateRow } from '../core/estimate.ts';
import type { Job } from '../core/job.ts';
import { nextAttempt } from '../core/packing.ts';
import { pilotRows } from '../core/pilot.ts';
import type { PlannedRow, RowEstimate } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { LedgerRow } from '../core/runLedger.ts';
import type { RunMeta, RunReader, RunRequest } from '../core/stateManager.ts';
import type { ReestimatedRow } from '../core/takingIn.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import type { JobFile } from '../jobfile/schema.ts';
import { secretsIn } from './planRows.ts';
import { assertCellsFit, assertRowsNamed, cellNamed, snapshotOf } from './runSnapshot.ts';
import { summarize, type PlanSummary } from './summarizePlan.ts';

/**
 * What a run may still send, as this machine sees it: the inputs as they are now, by the job file that the run keeps,
 * with this machine's addresses, models and prices. Nothing of it is what the run's folder says was planned or shown.
 */
export interface RestOfRun {
  readonly meta: RunMeta;
  /** Of the rows that may be sent; its limit is what the run's own leaves. */
  readonly summary: PlanSummary;
  /** Those of them that are at a service, and are sent again only should they fail there. */
  readonly atService: number;
  /** Rows of the run that have ended. */
  readonly ended: number;
  readonly limitNanoUsd: number | undefined;
  /** Of the limit, what is spent or may have been. */
  readonly spentNanoUsd: number;
  readonly sources: readonly { readonly source: string; readonly bytes: number }[];
  /** As in `JobPlan`. */
  readonly likelySecrets: readonly { readonly source: string; readonly what: string }[];
  /** Rows that are not sent as things are, and why. */
  readonly unsendable: readonly { readonly source: string; readonly why: string }[];
  readonly prompts: readonly CellPrompt[];
  /** Rows of which the run's folder says otherwise. */
  readonly reestimated: readonly ReestimatedRow[];
}

/** What is asked in a cell that has rows to send, and the instruction that goes before it. */
export interface CellPrompt {
  readonly cell: string;
  readonly system: string | undefined;
  readonly text: string;
}

export interface RestContext {
  readonly root: string;
  readonly registry: ProviderRegistry;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A row that may be sent, with what it is here and now. */
interface LeftRow {
  readonly ordinal: number;
  readonly row: LedgerRow;
  readonly job: Job;
  readonly inputHash: string;
}

/**
 * Ordinals of the rows that a driver may send, at once or should they fail where they are.
 * @param requests What it will find waiting, and heed.
 */
export function rowsLeft({ ledger }: RunReader, requests: readonly RunRequest[]): number[] {
  const ends = requests.some(({ kind }) => kind === 'stop' || kind === 'cancel');
  const again = requests.flatMap((request) => (request.kind === 'retry' ? [request.rows] : []));
  if (ends || (ledger.cancelRequested && again.length === 0)) return [];
  return ledger.rows.flatMap(({ status, liveIn }, ordinal) => {
    const open = status === 'pending' || status === 'submitted';
    const retried =
      status !== 'ok' && liveIn === undefined && again.some((rows) => rows?.includes(ordinal) ?? true);
    return open || retried ? [ordinal] : [];
  });
}

/**
 * Reads, on this machine, every input that the run may still send.
 * @param requests What its driver will find waiting, and heed.
 * @throws StateError `corruptState` where the run is not what its own job file makes: then nothing can be said of it.
 */
export async function restOfRun(
  run: RunReader,
  requests: readonly RunRequest[],
  context: RestContext,
): Promise<RestOfRun> {
  const { meta, ledger } = run;
  const snapshot = snapshotOf(meta);
  const left = rowsLeft(run, requests);
  const used = new Set(left.map((ordinal) => ledger.row(ordinal).planned.cell));
  await assertCellsFit(snapshot, used, context.registry);
  const { rows, unsendable } = await readRows(run, left, snapshot.jobFile, context);
  await assertRowsNamed(
    snapshot,
    rows.map(({ row }) => row.planned),
    context,
  );
  const { toSend, reestimated } = await estimateRows(run, rows, context);
  const limitNanoUsd = limitAfter(run, requests);
  const spentNanoUsd = ledger.money.spentNanoUsd + ledger.money.unconfirmedNanoUsd;
  const goesOn = requests.some(({ kind }) => kind === 'continue');
  const pilot = goesOn ? undefined : pilotRows(ledger, meta.settings.pilot);
  return {
    meta,
    summary: await summarize(toSend, ledger.rows.length, {
      cells: new Map(meta.cells.map((cell) => [cell.id, cell])),
      registry: context.registry,
      limitNanoUsd: limitNanoUsd === undefined ? undefined : Math.max(0, limitNanoUsd - spentNanoUsd),
      pilot: rows.filter(({ ordinal }) => pilot?.has(ordinal)).length,
      jobsPerBatch: meta.settings.jobsPerBatch,
      earlierNanoUsd: 0,
      at: context.now,
    }),
    atService: rows.filter(({ row }) => row.status === 'submitted').length,
    ended: ledger.rows.length - left.length,
    limitNanoUsd,
    spentNanoUsd,
    sources: toSend.map((row) => ({ source: nameOf(row), bytes: row.estimate.bytes })),
    likelySecrets: rows.flatMap(({ row, job }) => {
      const found = secretsIn(job);
      return found.length === 0 ? [] : [{ source: nameOf(row.planned), what: found.join(', ') }];
    }),
    unsendable,
    prompts: [...used].flatMap((id) => promptOf(snapshot.jobFile, id)),
    reestimated,
  };
}

async function readRows(
  { ledger }: RunReader,
  left: readonly number[],
  jobFile: JobFile,
  { root, registry }: RestContext,
): Promise<{ rows: LeftRow[] } & Pick<RestOfRun, 'unsendable'>> {
  const loader = createJobFileLoader({ root, jobFile, modelConfig: (model) => registry.modelConfig(model) });
  const rows: LeftRow[] = [];
  const unsendable: { source: string; why: string }[] = [];
  for (const ordinal of left) {
    const row = ledger.row(ordinal);
    const loaded = await loader.load(row.planned);
    const wasSent = row.attempts > 0 || row.status !== 'pending';
    if (!loaded.ok) unsendable.push({ source: nameOf(row.planned), why: loaded.message });
    else if (wasSent && loaded.inputHash !== row.inputHash)
      unsendable.push({ source: nameOf(row.planned), why: 'It has changed since it was sent.' });
    else rows.push({ ordinal, row, job: loaded.job, inputHash: loaded.inputHash });
  }
  return { rows, unsendable };
}

/** What the rows need by this machine's own reckoning, and where that is not what the run's folder says. */
async function estimateRows(
  { meta }: RunReader,
  rows: readonly LeftRow[],
  { registry, now }: RestContext,
): Promise<{ toSend: PlannedRow[]; reestimated: ReestimatedRow[] }> {
  const toSend: PlannedRow[] = [];
  const reestimated: ReestimatedRow[] = [];
  const cells = new Map(meta.cells.map((cell) => [cell.id, cell]));
  for (const { ordinal, row, job, inputHash } of rows) {
    const cell = cells.get(row.planned.cell);
    if (cell === undefined) continue; // none: the cells of these rows were checked
    const model = registry.modelConfig(cell.model);
    const estimate: RowEstimate = estimateRow(await registry.providerOf(cell.model), model, job, now);
    if (inputHash !== row.inputHash || !isDeepStrictEqual(estimate, row.estimate))
      reestimated.push({ row: ordinal, inputHash, estimate });
    const { reservedNanoUsd } = nextAttempt(
      { ...row, estimate, estimatedAt: now },
      ordinal,
      cell,
      model,
      now,
    );
    toSend.push({ ...row.planned, inputHash, estimate: { ...estimate, reservedNanoUsd } });
  }
  return { toSend, reestimated };
}

function limitAfter({ ledger }: RunReader, requests: readonly RunRequest[]): number | undefined {
  const last = requests.findLast((request) => request.kind === 'setLimit');
  return last === undefined ? ledger.money.limitNanoUsd : (last.limitNanoUsd ?? undefined);
}

function promptOf(jobFile: JobFile, id: string): CellPrompt[] {
  const cell = cellNamed(jobFile, id);
  if (cell === undefined) return [];
  const text =
    cell.kind === 'messages'
      ? cell.messages.map(({ role, content }) => `${role}: ${content}`).join('\n')
      : cell.prompt;
  return [{ cell: id, system: cell.system ?? jobFile.defaults?.system, text }];
}

/** As in `JobPlan.sources`. */
function nameOf({ source, id }: Pick<PlannedRow, 'source' | 'id'>): string {
  return source || id;
}
