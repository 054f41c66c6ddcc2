import { isDeepStrictEqual } from 'node:util';
import { hasEnded, jobResultOf } from '../core/assembleResult.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { JobResult } from '../core/job.ts';
import { usdFromNano } from '../core/money.ts';
import type { LedgerRow } from '../core/runLedger.ts';
import type { RunReader } from '../core/stateManager.ts';
import { ROW_STATUSES, type RowStatus } from '../core/vocabulary.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import type { JobFile, RequestCell } from '../jobfile/schema.ts';
import type { Workspace } from './workspace.ts';

/** What the newest run of a cell has made of it. */
export interface CellOutcomeFacts {
  readonly runId: string;
  readonly running: boolean;
  readonly counts: Readonly<Record<RowStatus, number>>;
  readonly total: number;
  readonly spentUsd: number;
  /** When its last row ended, or the run was made; epoch milliseconds. */
  readonly at: number;
  /** Fields of its answers; `undefined` where they are texts. */
  readonly fields: readonly string[] | undefined;
  /** The first rows that have ended: name, then fields or the beginning of the answer or why there is none. */
  readonly firstRows: readonly (readonly string[])[];
  /** The cell as it was sent. */
  readonly sent: SentCell | undefined;
}

/** What decides the answers of a cell. */
export interface SentCell {
  readonly cell: RequestCell;
  readonly defaults: JobFile['defaults'];
}

const SHOWN_ROWS = 3;
const SHOWN_FIELDS = 4;
const SHOWN_CHARACTERS = 300;
/** Runs that are looked through for cells that newer ones did not have. */
const OLDEST_LOOKED_AT = 20;

interface Known {
  readonly bytes: number;
  readonly byCell: ReadonlyMap<string, CellOutcomeFacts>;
}

/** Outcomes of the cells of one job file. A run in which nothing happened since is not read again. */
export class CellOutcomes {
  readonly #workspace: Workspace;
  readonly #jobFile: string;
  readonly #known = new Map<string, Known>();

  /** @param jobFile Relative to the root. */
  constructor(workspace: Workspace, jobFile: string) {
    this.#workspace = workspace;
    this.#jobFile = jobFile;
  }

  /** By cell id: of each the newest run that has it. @param ids Cells that are asked for. */
  async newest(ids: readonly string[]): Promise<ReadonlyMap<string, CellOutcomeFacts>> {
    const found = new Map<string, CellOutcomeFacts>();
    const { runs } = await this.#workspace.index.all();
    const own = runs.filter(({ jobFile, confirmed }) => confirmed && jobFile === this.#jobFile);
    for (const { runId } of own.slice(-OLDEST_LOOKED_AT).reverse()) {
      if (ids.every((id) => found.has(id))) break;
      for (const [id, facts] of await this.#of(runId)) if (!found.has(id)) found.set(id, facts);
    }
    return found;
  }

  async #of(runId: string): Promise<ReadonlyMap<string, CellOutcomeFacts>> {
    const known = this.#known.get(runId);
    const size = await this.#workspace.state.journalBytes(runId);
    const wasRunning = known !== undefined && [...known.byCell.values()].some(({ running }) => running);
    if (known?.bytes === size && !wasRunning) return known.byCell;
    const { reader, bytes } = await this.#workspace.index.reader(runId);
    const running = await this.#workspace.isDriven(reader);
    const byCell = outcomesOf(reader, running);
    this.#known.set(runId, { bytes, byCell });
    return byCell;
  }
}

/** Whether a cell would be answered otherwise now than it was when it was sent. */
export function isStale(sent: SentCell | undefined, now: SentCell): boolean {
  return sent === undefined || !isDeepStrictEqual(askedOf(sent), askedOf(now));
}

/** Without what only says where answers go, how often is tried again, and which inputs there are. */
function askedOf({ cell, defaults }: SentCell): unknown {
  const aside = new Set(['id', 'output', 'overwrite', 'retry', 'gitignore', 'files', 'data']);
  const own = { ...defaults, ...cell };
  return Object.fromEntries(Object.entries(own).filter(([key]) => !aside.has(key)));
}

function outcomesOf(reader: RunReader, running: boolean): ReadonlyMap<string, CellOutcomeFacts> {
  const { meta, ledger } = reader;
  const parsed = meta.jobFile === undefined ? undefined : parseJobFile(meta.jobFile.text, meta.jobFile.path);
  const jobFile = parsed?.ok === true ? parsed.jobFile : undefined;
  const ordinals = Map.groupBy(ledger.rows.keys(), (ordinal) => ledger.row(ordinal).planned.cell);
  return new Map(
    meta.cells.map(({ id }) => {
      const own = ordinals.get(id) ?? [];
      const rows = own.map((ordinal) => ledger.row(ordinal));
      const cell = jobFile?.cells.find((one): one is RequestCell => one.kind !== 'markdown' && one.id === id);
      return [
        id,
        {
          runId: meta.runId,
          running: running && rows.some(({ status }) => !hasEnded(status)),
          counts: countsOf(rows),
          total: rows.length,
          spentUsd: usdFromNano(rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0)),
          at: rows.reduce((last, { finishedAt }) => Math.max(last, finishedAt), meta.createdAt),
          ...firstRows(reader, own),
          sent: cell === undefined ? undefined : { cell, defaults: jobFile?.defaults },
        },
      ];
    }),
  );
}

function countsOf(rows: readonly LedgerRow[]): Readonly<Record<RowStatus, number>> {
  const counts = Object.fromEntries(ROW_STATUSES.map((status) => [status, 0])) as Record<RowStatus, number>;
  for (const { status } of rows) counts[status] += 1;
  return counts;
}

function firstRows(
  reader: RunReader,
  ordinals: readonly number[],
): Pick<CellOutcomeFacts, 'fields' | 'firstRows'> {
  const ended = ordinals
    .filter((ordinal) => hasEnded(reader.ledger.row(ordinal).status))
    .slice(0, SHOWN_ROWS);
  const results = ended.map((ordinal) => ({ ordinal, result: resultOf(reader, ordinal) }));
  const objects = results.map(({ result }) => fieldsOf(result)).filter((fields) => fields !== undefined);
  const fields = objects.length === 0 ? undefined : Object.keys(objects[0] ?? {}).slice(0, SHOWN_FIELDS);
  return {
    fields,
    firstRows: results.map(({ ordinal, result }) => {
      const { planned } = reader.ledger.row(ordinal);
      const own = fieldsOf(result);
      const cells =
        fields !== undefined && own !== undefined
          ? fields.map((field) => inline(own[field]))
          : [answerOf(result)];
      return [planned.source === '' ? planned.cell : planned.source, ...cells.map(beginning)];
    }),
  };
}

/** `undefined`: its bytes were changed on disk. */
function resultOf(reader: RunReader, ordinal: number): JobResult | undefined {
  try {
    return jobResultOf(reader, ordinal);
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return undefined;
  }
}

function fieldsOf(result: JobResult | undefined): Readonly<Record<string, unknown>> | undefined {
  const parsed: unknown = result?.status === 'ok' ? result.parsedResponse : undefined;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  return parsed as Readonly<Record<string, unknown>>;
}

function answerOf(result: JobResult | undefined): string {
  if (result === undefined) return '';
  return result.status === 'ok'
    ? (result.response ?? '')
    : (result.error?.message ?? result.stopReason ?? result.status);
}

function inline(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function beginning(text: string): string {
  const line = text.slice(0, SHOWN_CHARACTERS).replaceAll(/\s+/g, ' ').trim();
  return (text.length > SHOWN_CHARACTERS ? `${line}…` : line).toWellFormed();
}
