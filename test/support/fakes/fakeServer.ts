import { createHash } from 'node:crypto';
import type { MockLedger, MockLedgerBatch } from '../../../src/providers/mock/mockLedger.ts';
import type { FakeBatch, FakeRow, Work } from './fakeBatch.ts';
import { fakeLedger } from './fakeLedger.ts';
import { Attempts, type FakePlan } from './fakePlan.ts';
import { ScriptedServer } from './scriptedServer.ts';

export type { FakePlan } from './fakePlan.ts';

export type FakeName = 'anthropic' | 'openai' | 'gemini';

/** How far a batch is by its plan. `closing`: everything was worked on and the results are put together. */
export type Progress = 'queued' | 'running' | 'closing' | 'done';

/** A batch service on loopback that keeps state. */
export abstract class FakeServer<B extends FakeBatch = FakeBatch> extends ScriptedServer {
  /** Batches that the service still has, by id, oldest first. */
  readonly batches = new Map<string, B>();
  /** Added to the clock: a day passes when a test says so. */
  aheadMs = 0;
  protected plan: FakePlan;
  #created: B[] = [];
  #attempts: Attempts;
  #order = 0;
  #ids = 0;

  protected constructor(plan: FakePlan) {
    super();
    this.plan = plan;
    this.#attempts = new Attempts(plan);
  }

  abstract override readonly name: FakeName;
  /** The one key that it takes. */
  abstract readonly key: string;
  /** Lets a batch become what by the clock and its plan it is now. */
  protected abstract advance(batch: B): void;
  /** Somebody wants the end of a batch that has not ended. */
  protected abstract cancel(batch: B): void;
  protected abstract work(row: FakeRow): Work;
  protected abstract ledgerStateOf(batch: B): MockLedgerBatch['state'];

  /** @param inspects Whether what comes and goes is held against the vendor's own types. */
  async open(inspects: boolean): Promise<void> {
    await this.listen(
      inspects ? await (await import('./schemas/inspector.ts')).inspectorOf(this.name) : undefined,
    );
  }

  /** Forgets everything and begins anew with this plan, at the same address. */
  reset(plan: FakePlan): void {
    this.plan = plan;
    this.#attempts = new Attempts(plan);
    this.forget();
    this.#created = [];
    this.#order = 0;
    this.aheadMs = 0;
    this.batches.clear();
  }

  /** Every batch that was ever created, what became of its rows, and what the service billed. */
  ledger(): MockLedger {
    return fakeLedger(
      this.#created,
      (row) => this.worked(row),
      (batch) => this.ledgerStateOf(batch),
    );
  }

  protected now(): number {
    return Date.now() + this.aheadMs;
  }

  /** An id that looks like the service's, and never comes again. */
  protected newId(length: number): string {
    this.#ids += 1;
    const digest = createHash('sha512')
      .update(`${this.key}${String(this.#ids)}`)
      .digest('hex');
    return digest.slice(0, length);
  }

  /** The next number in the order in which batches are created and read. */
  protected nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  protected keep(batch: B): void {
    this.batches.set(batch.id, batch);
    this.#created.push(batch);
    batch.whenEnded = (notReached) => {
      for (const { ordinal } of notReached) this.#attempts.giveBack(ordinal);
    };
  }

  /** A row as it comes in: another attempt begins. */
  protected takeRow(customId: string, bytes: Buffer, model?: string): FakeRow {
    const ordinal = parseInt(customId.split('-')[1] ?? '', 36);
    const row = { customId, ordinal, bytes, ...this.#attempts.next(ordinal) };
    return model === undefined ? row : { ...row, model };
  }

  /** Rows of batches that have not ended. */
  protected queuedRows(): number {
    return this.#created
      .filter(({ endedAt }) => endedAt === undefined)
      .reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /** What the service makes of a row, the same whenever it is asked for. */
  protected worked(row: FakeRow): Work {
    row.work ??= this.work(row);
    return row.work;
  }

  protected look(batch: B): void {
    batch.looks += 1;
    this.advance(batch);
    const isUnwanted = this.plan.cancelled?.includes(this.#created.indexOf(batch)) === true;
    if (isUnwanted && batch.endedAt === undefined) this.cancel(batch);
  }

  protected progressOf(batch: B): Progress {
    const { runningMs, looks = 1 } = this.plan;
    const [at, end] =
      runningMs === undefined ? [batch.looks, looks + 2] : [this.now() - batch.createdAt, runningMs];
    if (at >= end) return 'done';
    if (at >= (runningMs === undefined ? looks + 1 : runningMs * 0.9)) return 'closing';
    return at >= (runningMs === undefined ? 1 : runningMs * 0.1) ? 'running' : 'queued';
  }

  /** A batch is read when every file of it was: the ledger has the first time. */
  protected wasRead(batch: B): void {
    batch.readOrder ??= this.nextOrder();
  }
}
