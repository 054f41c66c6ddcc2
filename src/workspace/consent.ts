import type { Service } from '../providers/services.ts';
import type { Confirmation } from '../core/events.ts';
import type { RunReader, RunRequest } from '../core/stateManager.ts';
import type { TakingIn } from '../core/takingIn.ts';
import { assertHasKeys } from './access.ts';
import { restOfRun, rowsLeft, type RestContext, type RestOfRun } from './restOfRun.ts';
import type { PlanSummary } from './summarizePlan.ts';

/** A person's yes to what was shown, and by which way. */
export interface Agreement {
  readonly by: Confirmation['by'];
  /** The very text. */
  readonly shown: string;
}

/** Shows what a run would send that nobody has agreed to on this machine, and asks. `undefined` is a no. */
export type AskConsent = (rest: RestOfRun) => Promise<Agreement | undefined>;

/**
 * How a run is to be driven that nobody has agreed to on this machine: nothing that came with it counts, neither what it
 * says was agreed to, nor what it says somebody wants of it. The person is asked where anything of it may be sent;
 * `undefined` is a no.
 * @param left Requests of this machine that its driver will find, by id.
 * @throws StateError `corruptState` where it does not fit its job file; ProviderError `auth` where there is no key.
 */
export async function consentTo(
  run: RunReader,
  left: ReadonlyMap<string, RunRequest>,
  context: RestContext & { readonly services: readonly Service[] },
  askConsent: AskConsent,
): Promise<TakingIn | undefined> {
  const waiting = [...left].filter(([id]) => !run.ledger.handledRequests.has(id));
  const requests = new Set(waiting.map(([id]) => id));
  const wanted = waiting.map(([, request]) => request);
  if (rowsLeft(run, wanted).length === 0) return { requests };
  const rest = await restOfRun(run, wanted, context);
  assertHasKeys(rest.summary.destinations, context.services);
  const agreement = await askConsent(rest);
  if (agreement === undefined) return undefined;
  const confirmation = confirmationOf(rest.summary, agreement);
  return { requests, agreement: { confirmation, rows: rest.reestimated } };
}

/** What is journalled of an agreement. */
export function confirmationOf(summary: PlanSummary, { by, shown }: Agreement): Confirmation {
  return {
    by,
    rows: summary.rowsToSend,
    bytes: summary.bytes,
    expectedNanoUsd: summary.expectedNanoUsd,
    worstNanoUsd: summary.worstNanoUsd,
    destinations: summary.destinations.map(({ origin }) => origin ?? 'this machine'),
    shown,
  };
}
