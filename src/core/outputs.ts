import type { EngineContext } from './engineContext.ts';
import { jobResultOf } from './assembleResult.ts';

/**
 * Writes the outputs of the ok ones among these rows, and journals what was written. A file that is already there byte
 * for byte counts as written; one that somebody else made or changed is left alone and reported.
 */
export async function writeOutputs(context: EngineContext, ordinals: readonly number[]): Promise<void> {
  const { writer, outputs, clock, stop } = context;
  if (outputs === undefined) return;
  const written: [number, string, string][] = [];
  for (const ordinal of ordinals) {
    if (stop.aborted) break; // the next driver writes what is missing
    const row = writer.ledger.row(ordinal);
    if (row.status !== 'ok' || row.location === undefined) continue;
    const result = jobResultOf(writer, ordinal);
    const outcome = await outputs.write({
      ordinal,
      row: row.planned,
      result,
      previousSha256: row.written?.sha256,
    });
    if (outcome.kind === 'written' && outcome.sha256 !== row.written?.sha256) {
      written.push([ordinal, outcome.path, outcome.sha256]);
    }
    if (outcome.kind === 'leftAlone') {
      const message = `${outcome.path} was left alone: ${outcome.reason} The answer is in the run's results.`;
      await writer.append({ e: 'notice', at: clock.now(), code: 'outputLeftAlone', message });
    }
  }
  if (written.length > 0) await writer.append({ e: 'rowsWritten', at: clock.now(), rows: written });
}
