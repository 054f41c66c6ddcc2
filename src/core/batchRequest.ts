import { collectBatch } from './collect.ts';
import type { EngineContext } from './engineContext.ts';
import { formatTime } from './duration.ts';
import { ProviderError } from './errors.ts';
import { hiddenFromKey } from './otherKey.ts';
import { writeOutputs } from './outputs.ts';
import type { Poller } from './poller.ts';
import type { BatchSnapshot, Provider } from './provider.ts';
import { submitIntended, type IntendedBatch } from './submission.ts';
import type { LedgerBatch } from './runLedger.ts';

/** What `BatchRun` needs of a batch in progress; a mock stands in for it in tests. */
export interface BatchTask {
  /** Brings the batch as far as it can be brought. Resolves to the error of a definite refusal by the service. */
  run(): Promise<ProviderError | undefined>;
}

/**
 * One batch at a provider, from wherever the journal says it is to its results on disk:
 * submit → poll → fetch → reconcile → account → close → write. May be dropped at any await and made anew from the journal.
 */
export class BatchRequest implements BatchTask {
  readonly #context: EngineContext;
  readonly #provider: Provider;
  readonly #poller: Poller;
  readonly #batch: LedgerBatch;
  readonly #intended: IntendedBatch | undefined;
  #toldUncancelled = false;

  /** @param intended Set for a batch that is to be submitted now; absent for one found in the journal. */
  constructor(
    context: EngineContext,
    provider: Provider,
    poller: Poller,
    nonce: string,
    intended?: IntendedBatch,
  ) {
    this.#context = context;
    this.#provider = provider;
    this.#poller = poller;
    this.#batch = context.writer.ledger.batch(nonce);
    this.#intended = intended;
  }

  async run(): Promise<ProviderError | undefined> {
    if (this.#intended !== undefined) {
      const refusal = await submitIntended(this.#context, this.#provider, this.#intended);
      if (refusal !== undefined) return refusal;
    }
    const { batchId } = this.#batch; // none: uncertain, which is reconciled without holding a place among those in flight
    if (batchId === undefined || this.#context.stop.aborted) return undefined;
    try {
      return await this.#follow(batchId);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const hidden = hiddenFromKey(error, this.#batch, this.#provider);
      if (hidden !== undefined) throw hidden;
      if (error.code !== 'notFound') throw error;
      const title = this.#provider.title ?? this.#provider.name;
      await this.#leaveToThePerson(
        `${title} does not know batch ${batchId} (any more): ${error.userMessage} ${this.#whyGone()} It is not sent again by itself.`,
      );
      return undefined;
    }
  }

  /** What is known of the time for which its service keeps results. */
  #whyGone(): string {
    const { keptUntil } = this.#batch;
    if (keptUntil === undefined)
      return 'It may belong to another key or project, have been deleted there, or have been kept no longer.';
    const until = formatTime(keptUntil);
    return this.#context.clock.now() > keptUntil
      ? `Results were to be kept until ${until} at the least, which is over: what it brought is lost, and may have been charged.`
      : `Results are to be kept until ${until} at the least: it was deleted there, or belongs to another key or project.`;
  }

  async #leaveToThePerson(message: string): Promise<void> {
    const { writer, clock } = this.#context;
    await writer.append({ e: 'batchUncertain', at: clock.now(), nonce: this.#batch.nonce, message });
  }

  async #follow(batchId: string): Promise<ProviderError | undefined> {
    const { writer, stop } = this.#context;
    const snapshot = await this.#poller.untilTerminal(this.#provider, batchId, {
      // A provider on this machine is not kept waiting for either.
      atOnce: this.#intended === undefined || this.#provider.origin === undefined,
      signal: stop,
      acceptedAt: this.#batch.acceptedAt ?? this.#batch.intendedAt,
      onSnapshot: async (seen) => {
        await this.#note(seen);
        const isWanted = writer.ledger.cancelRequested || this.#batch.withdrawn;
        if (isWanted && seen.state !== 'cancelling') await this.#cancel(batchId);
      },
    });
    if (snapshot === undefined) return undefined;
    await this.#note(snapshot);
    if (snapshot.state === 'unknown') {
      await this.#leaveToThePerson(
        `${this.#provider.name} says "${snapshot.rawState}" of batch ${batchId}, which this version does not know, and its deadline is long past. Look at the service's own page, then send its rows again or resume to go on waiting. It is not sent again by itself.`,
      );
      return undefined;
    }
    await collectBatch(this.#context, this.#provider, this.#batch, snapshot);
    if (this.#batch.state !== 'closed') return undefined; // stopped while reading
    await this.#cleanUp(batchId);
    await writeOutputs(this.#context, this.#batch.rows);
    if (snapshot.failure?.code !== 'queueFull') return undefined;
    return new ProviderError('queueFull', this.#provider.name, snapshot.failure.message);
  }

  async #note(snapshot: BatchSnapshot): Promise<void> {
    const { state, rawState: raw, completed } = snapshot;
    if (this.#batch.state === state && this.#batch.completed === completed) return;
    await this.#context.writer.append({
      e: 'batchState',
      at: this.#context.clock.now(),
      nonce: this.#batch.nonce,
      state,
      raw,
      ...(completed === undefined ? {} : { completed }),
    });
  }

  /**
   * A cancel that fails is made again after the next look: the batch stays live until the service says otherwise. One
   * that may be somebody else's is never cancelled.
   */
  async #cancel(batchId: string): Promise<void> {
    if (!this.#batch.certain) {
      if (!this.#toldUncancelled) await this.#tellUncancelled(batchId);
      return;
    }
    try {
      await this.#provider.cancelBatch(batchId);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
    }
  }

  async #tellUncancelled(batchId: string): Promise<void> {
    this.#toldUncancelled = true;
    const { writer, clock } = this.#context;
    const message = `Batch ${batchId} is not cancelled: it was adopted by its id alone, and nobody can tell before it ends whether it is yours. What it brings is collected if it is.`;
    await writer.append({ e: 'notice', at: clock.now(), code: 'notCancelled', message });
  }

  /** Only after a durable `batchClosed`. What cannot be deleted now is left to *Clean up*. */
  async #cleanUp(batchId: string): Promise<void> {
    const { writer, clock, keepsArtifacts } = this.#context;
    await writer.removePayload(this.#batch.nonce);
    if (keepsArtifacts) return;
    try {
      await this.#provider.deleteArtifacts(batchId);
      await writer.append({ e: 'artifactsDeleted', at: clock.now(), nonce: this.#batch.nonce });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
    }
  }
}
