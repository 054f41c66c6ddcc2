import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BatchbookError } from '../core/errors.ts';
import type { Artifact, Provider, ProviderRegistry } from '../core/provider.ts';
import type { LedgerBatch } from '../core/runLedger.ts';
import type { RunReader } from '../core/stateManager.ts';

/** How long a service may take to say what it keeps. */
const LIST_WITHIN_MS = 120_000;

/** Something that a service keeps of a batch. */
export interface Leftover {
  readonly provider: string;
  /** What people call the provider. */
  readonly title: string;
  readonly artifact: Artifact;
}

/** What there is to be removed, and what stays. Nothing was removed yet. */
export interface CleanUpPlan {
  /** Of finished batches of runs here. */
  readonly ofRunsHere: readonly Leftover[];
  /** Carry this program's name, and belong to no run here: another folder's, another machine's, a colleague's. */
  readonly ofNoRunHere: readonly Leftover[];
  /** Stay, since their batch is not finished, its run is being driven, or nobody agreed to that run on this machine. */
  readonly stays: number;
  /** Request bodies spooled here whose batch is finished. */
  readonly spooled: { readonly files: readonly string[]; readonly bytes: number };
  /** Providers that could not be asked, and why. */
  readonly failures: readonly string[];
}

export interface CleanUpReport {
  readonly removed: number;
  /** Of what was removed, as far as the services say sizes; spooled bodies included. */
  readonly bytes: number;
  /** What could not be removed, and why. */
  readonly failures: readonly string[];
}

export interface CleanUpContext {
  readonly registry: ProviderRegistry;
  readonly stateDir: string;
  readonly isDriven: (run: RunReader) => Promise<boolean>;
  /** Whether somebody agreed to the run on this machine: one that came with its folder may name anybody's batches. */
  readonly isAgreed: (runId: string) => Promise<boolean>;
}

/** A batch that a run here knows, and whether what is left of it may go. */
interface KnownBatch {
  readonly batch: LedgerBatch;
  readonly mayGo: boolean;
}

/**
 * What finished batches have left: spooled bodies here, uploads and results at the services. Asks every provider that
 * can be used; sends nothing of the person's and changes nothing.
 */
export async function planCleanUp(runs: readonly RunReader[], context: CleanUpContext): Promise<CleanUpPlan> {
  const known: KnownBatch[] = [];
  const spooled: string[] = [];
  let bytes = 0;
  for (const run of runs) {
    const quiet = !(await context.isDriven(run)) && (await context.isAgreed(run.meta.runId));
    for (const batch of run.ledger.batches.values()) known.push({ batch, mayGo: quiet && hasEnded(batch) });
    if (!quiet) continue;
    const open = new Set(run.ledger.openBatches().map(({ nonce }) => nonce));
    for (const file of await payloadsOf(context.stateDir, run.meta.runId, open)) {
      spooled.push(file.path);
      bytes += file.bytes;
    }
  }
  const plan = {
    ofRunsHere: [] as Leftover[],
    ofNoRunHere: [] as Leftover[],
    stays: 0,
    failures: [] as string[],
  };
  for (const name of context.registry.providerNames) {
    const provider = await context.registry.providerNamed(name).catch(() => undefined);
    if (provider === undefined || provider.hasKey === false) continue;
    try {
      sort(provider, await artifactsOf(provider, known), known, plan);
    } catch (error) {
      if (!(error instanceof BatchbookError)) throw error;
      plan.failures.push(error.userMessage);
    }
  }
  return { ...plan, spooled: { files: spooled, bytes } };
}

/** Removes what was chosen of a plan. A failure keeps nothing else from being removed. */
export async function cleanUp(
  chosen: { readonly leftovers: readonly Leftover[]; readonly spooled: CleanUpPlan['spooled'] },
  registry: ProviderRegistry,
): Promise<CleanUpReport> {
  let removed = 0;
  let { bytes } = chosen.spooled;
  const failures: string[] = [];
  for (const file of chosen.spooled.files) await rm(file, { force: true });
  for (const { provider: name, artifact } of chosen.leftovers) {
    try {
      const provider = await registry.providerNamed(name);
      await (provider.deleteArtifact?.(artifact) ?? provider.deleteArtifacts(artifact.id));
      removed += 1;
      bytes += artifact.bytes ?? 0;
    } catch (error) {
      if (!(error instanceof BatchbookError)) throw error;
      if (error.code !== 'notFound') failures.push(`${artifact.id}: ${error.userMessage}`);
    }
  }
  return { removed, bytes, failures };
}

/** What a provider keeps; one that does not list it keeps it by its batches, which the journals name. */
async function artifactsOf(provider: Provider, known: readonly KnownBatch[]): Promise<readonly Artifact[]> {
  if (provider.listArtifacts !== undefined)
    return provider.listArtifacts(AbortSignal.timeout(LIST_WITHIN_MS));
  return known.flatMap(({ batch }): Artifact[] => {
    const { batchId } = batch;
    return batch.provider !== provider.name || batchId === undefined || batch.artifactsDeleted
      ? []
      : [{ id: batchId, kind: 'batch', batchId }];
  });
}

function sort(
  { name, title = name }: Provider,
  artifacts: readonly Artifact[],
  known: readonly KnownBatch[],
  plan: { ofRunsHere: Leftover[]; ofNoRunHere: Leftover[]; stays: number },
): void {
  for (const artifact of artifacts) {
    const { nonce, batchId } = artifact;
    // More than one run may name a batch: it goes when none of them needs it.
    const owners = known.filter(
      ({ batch }) =>
        batch.provider === name &&
        (batch.nonce === nonce || (batchId !== undefined && batch.batchId === batchId)),
    );
    const leftover = { provider: name, title, artifact };
    if (owners.length > 0 && owners.every(({ mayGo }) => mayGo)) plan.ofRunsHere.push(leftover);
    else if (owners.length > 0) plan.stays += 1;
    else if (nonce !== undefined) plan.ofNoRunHere.push(leftover);
  }
}

/** Whether nothing of it is needed any more: its results are here, or it was never made. */
function hasEnded({ state }: LedgerBatch): boolean {
  return state === 'closed' || state === 'rejected';
}

async function payloadsOf(
  stateDir: string,
  runId: string,
  keep: ReadonlySet<string>,
): Promise<{ readonly path: string; readonly bytes: number }[]> {
  const dir = path.join(stateDir, 'runs', runId, 'payload');
  const names = await readdir(dir).catch(() => []);
  return Promise.all(
    names
      .filter((name) => !keep.has(name))
      .map(async (name) => {
        const file = path.join(dir, name);
        return { path: file, bytes: (await stat(file)).size };
      }),
  );
}
