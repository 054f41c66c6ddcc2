import { describeCause, isBatchbookError } from '../core/errors.ts';
import { planDigits, planOf } from '../core/ids.ts';
import type { Provider, ServiceBatch } from '../core/provider.ts';
import type { RunReader } from '../core/stateManager.ts';
import type { Workspace } from './workspace.ts';

const DAY_MS = 86_400_000;
/** For about as long the services keep results. */
export const DEFAULT_DAYS = 30;
const LIST_MS = 600_000;

/** A batch at a service that this program has made or may have made, and that no run here knows. */
export interface StrayBatch extends ServiceBatch {
  readonly provider: string;
  /** Open runs here that were planned alike, so that it can be attached to them. */
  readonly attachableTo: readonly string[];
  /** The run here that has sent it and does not know whether it arrived: there it is adopted. */
  readonly uncertainIn?: string;
}

export interface ProviderListing {
  /** Newest first. */
  readonly batches: readonly StrayBatch[];
  /** Services that could not be asked, and why. */
  readonly failures: readonly { readonly provider: string; readonly reason: string }[];
  /** Services that there is no key for; they were not asked. */
  readonly withoutKey: readonly string[];
}

/**
 * What is at the services that this program has made and no run of this root knows: sent from another machine, by a
 * colleague with the same key, or by a run whose folder is lost. Reads only and sends no content; needs keys alone.
 *
 * @param days How far to look back.
 */
export async function batchesAtProviders(
  workspace: Workspace,
  { days = DEFAULT_DAYS, signal }: { readonly days?: number; readonly signal?: AbortSignal } = {},
): Promise<ProviderListing> {
  workspace.registry.renew(); // a key may have been set since
  const runs = await workspace.readableRuns();
  const known = new Set(
    runs.flatMap(({ ledger }) => [...ledger.batches.values()].flatMap((b) => b.batchId ?? [])),
  );
  const since = workspace.clock.now() - days * DAY_MS;
  const batches: StrayBatch[] = [];
  const failures: { provider: string; reason: string }[] = [];
  const withoutKey: string[] = [];
  const plans = new Plans(runs);
  const ask = async (name: string): Promise<void> => {
    try {
      const provider = await workspace.registry.providerNamed(name);
      if (provider.hasKey === false) withoutKey.push(provider.title ?? name);
      else
        for (const found of await list(provider))
          batches.push({ ...found, provider: name, ...plans.about(found) });
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      failures.push({ provider: name, reason: describeCause(error) });
    }
  };
  const list = async (provider: Provider): Promise<readonly ServiceBatch[]> => {
    const late = AbortSignal.timeout(LIST_MS);
    const query = {
      since,
      except: known,
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    };
    return (await provider.listBatches?.(query)) ?? [];
  };
  await Promise.all(workspace.registry.providerNames.map(ask));
  batches.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  return { batches, failures, withoutKey: withoutKey.sort() };
}

/** Which runs a batch says that it is from. */
class Plans {
  readonly #runs: readonly RunReader[];
  #digits: Map<string, string[]> | undefined;

  constructor(runs: readonly RunReader[]) {
    this.#runs = runs;
  }

  about({ mark }: ServiceBatch): Pick<StrayBatch, 'attachableTo' | 'uncertainIn'> {
    if (mark === undefined || mark === 'foreign') return { attachableTo: [] };
    const { nonce } = mark;
    const sender = this.#runs.find(({ ledger }) => ledger.batches.has(nonce));
    if (sender !== undefined) return { attachableTo: [], uncertainIn: sender.meta.runId };
    return { attachableTo: this.#byDigits().get(planOf(nonce) ?? '') ?? [] };
  }

  /** Worked out for the first batch that needs it: every row of every open run counts. */
  #byDigits(): Map<string, string[]> {
    if (this.#digits !== undefined) return this.#digits;
    const digits = new Map<string, string[]>();
    for (const { meta, ledger } of this.#runs) {
      if (ledger.phase === 'finished') continue;
      const plan = planDigits(ledger.rows);
      digits.set(plan, [...(digits.get(plan) ?? []), meta.runId]);
    }
    this.#digits = digits;
    return digits;
  }
}
