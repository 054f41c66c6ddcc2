import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ProviderError } from '../core/errors.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { RunReader } from '../core/stateManager.ts';

export interface CleanUpReport {
  /** Finished batches whose uploads and results were removed at their service. */
  readonly batches: number;
  /** Of spooled request bodies removed here. */
  readonly bytes: number;
  /** What could not be removed, and why. */
  readonly failures: readonly string[];
}

export interface CleanUpOptions {
  readonly registry: ProviderRegistry;
  readonly stateDir: string;
  readonly isDriven: (run: RunReader) => Promise<boolean>;
}

/**
 * Removes what closed batches left: spooled bodies here, uploads and results at the services. Answers, journals and
 * batches that are still open are never touched, and neither is a run that somebody drives.
 */
export async function cleanUp(runs: readonly RunReader[], options: CleanUpOptions): Promise<CleanUpReport> {
  let batches = 0;
  let bytes = 0;
  const failures: string[] = [];
  for (const run of runs) {
    if (await options.isDriven(run)) continue;
    const open = new Set(run.ledger.openBatches().map((batch) => batch.nonce));
    bytes += await removePayloads(path.join(options.stateDir, 'runs', run.meta.runId, 'payload'), open);
    for (const batch of run.ledger.batches.values()) {
      if (batch.state !== 'closed' || batch.batchId === undefined) continue;
      try {
        await (await options.registry.providerNamed(batch.provider)).deleteArtifacts(batch.batchId);
        batches += 1;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        if (error.code !== 'notFound')
          failures.push(`${batch.provider} ${batch.batchId}: ${error.userMessage}`);
      }
    }
  }
  return { batches, bytes, failures };
}

async function removePayloads(dir: string, keep: ReadonlySet<string>): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(dir).catch(() => [])) {
    if (keep.has(name)) continue;
    const file = path.join(dir, name);
    bytes += (await stat(file)).size;
    await rm(file, { force: true });
  }
  return bytes;
}
