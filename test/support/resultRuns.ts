import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import type { FinishedRow } from '../../src/core/events.ts';
import { sortableId } from '../../src/core/ids.ts';
import { DEFAULT_RETRY, type PlannedCell, type PlannedRow } from '../../src/core/plan.ts';
import type { RunWriter, StoredResult } from '../../src/core/stateManager.ts';
import { MOCK_MODELS } from '../../src/providers/mock/mockModels.ts';
import { realDisk } from '../../src/state/disk.ts';
import { FileStateManager } from '../../src/state/fileStateManager.ts';
import type { ResultsView } from '../../src/workspace/results/resultsSearch.ts';
import { ResultsSession } from '../../src/workspace/results/resultsSession.ts';
import type { Folder } from './cli/folder.ts';

/** A row with what its last attempt has brought; without `stored` it waits. */
export interface MadeRow {
  readonly source: string;
  readonly cell?: string;
  readonly id?: string;
  readonly inputHash?: string;
  /** What attempts before that have brought; the cell must allow them. */
  readonly earlier?: readonly Omit<StoredResult, 'row'>[];
  readonly stored?: Omit<StoredResult, 'row'>;
  readonly costNanoUsd?: number;
}

/** A cell that answers with these fields. */
export const INVOICES: PlannedCell = {
  id: 'invoices',
  model: 'mock-small',
  provider: 'mock',
  parameters: {
    model: 'mock-small',
    maxTokens: 100,
    responseSchema: {
      type: 'object',
      properties: { supplier: { type: 'string' }, total: { type: 'number' }, paid: { type: 'boolean' } },
    },
  },
  retry: { ...DEFAULT_RETRY, invalid: 0, truncated: 0, transient: 0, missing: 0 },
};

/** A cell that answers in free text. */
export const NOTES: PlannedCell = {
  ...INVOICES,
  id: 'notes',
  parameters: { model: 'mock-small', maxTokens: 100 },
};

export interface MadeRun {
  readonly runId: string;
  readonly root: string;
  readonly stateDir: string;
  readonly writer: RunWriter;
  /** Writes what further rows have brought. */
  finish(rows: readonly (readonly [ordinal: number, row: MadeRow])[]): Promise<void>;
}

/** A run on disk as its driver has left it, without any service. Still driven: `writer` releases it. */
export async function makeRun(
  folder: Pick<Folder, 'root'>,
  rows: readonly MadeRow[],
  cells: readonly PlannedCell[] = [INVOICES],
  jobFile?: { readonly path: string; readonly text: string },
): Promise<MadeRun> {
  const stateDir = path.join(folder.root, '.batchbook');
  const state = new FileStateManager({ dir: stateDir, disk: realDisk, clock: systemClock });
  const runId = sortableId(systemClock.now(), randomBytes);
  const [first] = cells;
  const settings = { maxConcurrent: 1, jobsPerBatch: 'auto', pilot: 0, resultsDir: 'results' } as const;
  const meta = {
    format: 1,
    runId,
    createdAt: 1_763_000_000_000,
    title: 'Supplier contracts 2026',
    cells,
    settings,
    ...(jobFile === undefined ? {} : { jobFile: { ...jobFile, sha256: '' } }),
  };
  const plan = rows.map(({ source, cell = first?.id ?? '', id, inputHash }, i): PlannedRow => ({
    id: id ?? `${cell}-${String(i).padStart(26, '0')}`,
    cell,
    source,
    inputHash: inputHash ?? String(i),
    estimate: { bytes: 1, inputTokens: 1, reservedNanoUsd: 10_000_000, expectedNanoUsd: 1 },
  }));
  await state.createRun({ meta, plan });
  const writer = await state.driveRun(runId, { kind: 'window' });
  const attempt = async (
    ended: readonly (readonly [ordinal: number, row: MadeRow])[],
    number: number,
  ): Promise<void> => {
    const done = ended.filter(([, { stored }]) => stored !== undefined);
    for (let i = 0; i < done.length; i += 2_000) {
      const part = done.slice(i, i + 2_000);
      const nonce = randomBytes(8).toString('hex');
      const at = 1_763_000_100_000;
      await writer.append({
        ...{
          e: 'batchIntended',
          at,
          nonce,
          provider: 'mock',
          model: 'mock-small',
          payloadHash: '',
          bytes: 1,
        },
        ...{ rows: part.map(([ordinal]) => [ordinal, ordinal]), reservedNanoUsd: 10_000_000 * part.length },
      });
      await writer.append({ e: 'batchAccepted', at, nonce, batchId: `batch_${nonce}` });
      const stored = part.map(([row, one]): StoredResult => ({ row, outcome: 'ok', ...one.stored }));
      const locations = await writer.appendResults(stored);
      await writer.syncResults();
      await writer.append(
        {
          ...{ e: 'rowsFinished', at, nonce },
          rows: part.map(([row, { costNanoUsd = 1_800_000 }], j): FinishedRow => {
            const { outcome, usage } = stored[j]!;
            return [
              row,
              number,
              outcome,
              ...locations[j]!,
              costNanoUsd,
              usage?.input ?? 0,
              usage?.output ?? 0,
            ];
          }),
        },
        { e: 'batchClosed', at, nonce, lines: part.length, strays: 0 },
      );
    }
  };
  const finish: MadeRun['finish'] = async (ended) => {
    const most = Math.max(0, ...ended.map(([, { earlier = [] }]) => earlier.length));
    for (let i = 0; i < most; i++) {
      const tried = ended.flatMap(([ordinal, row]) => {
        const stored = row.earlier?.[i];
        return stored === undefined ? [] : [[ordinal, { ...row, stored }] as const];
      });
      await attempt(tried, i + 1);
    }
    for (const [tries, group] of Map.groupBy(ended, ([, { earlier = [] }]) => earlier.length))
      await attempt(group, tries + 1);
  };
  await finish(rows.map((row, ordinal) => [ordinal, row]));
  return { runId, root: folder.root, stateDir, writer, finish };
}

/** A session on a run, and a way to wait for all rows of what it was asked last. */
export async function openSession({ root, stateDir, runId }: MadeRun): Promise<{
  readonly session: ResultsSession;
  readonly views: ResultsView[];
  readonly complete: () => Promise<ResultsView>;
}> {
  const views: ResultsView[] = [];
  let wake = (): void => {};
  const session = await ResultsSession.open({
    ...{ root, stateDir, runId, now: () => performance.now(), models: MOCK_MODELS },
    onView: (view) => {
      views.push(view);
      wake();
    },
  });
  const complete = async (): Promise<ResultsView> => {
    for (;;) {
      const last = views.at(-1);
      if (last?.complete === true) return last;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { session, views, complete };
}
