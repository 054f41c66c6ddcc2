import { planCaching, withCache } from '../core/caching.ts';
import { JobFileError, isBatchbookError, type Problem } from '../core/errors.ts';
import { estimateRow } from '../core/estimate.ts';
import type { Job } from '../core/job.ts';
import { effectiveRetry, type PlannedCell, type PlannedRow } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { Expansion } from '../jobfile/expand.ts';
import { likelySecretsIn } from '../jobfile/likelySecrets.ts';
import { createJobFileLoader } from '../jobfile/loader.ts';
import { formatJsonPath, type JobFileRanges } from '../jobfile/ranges.ts';
import type { JobFile } from '../jobfile/schema.ts';

export interface PlannedCells {
  readonly cells: ReadonlyMap<string, PlannedCell>;
  /** What of a cell is not done as it asks, and why. */
  readonly notices: readonly { readonly cell: string; readonly message: string }[];
}

/** Parameters and service of each cell that has rows. */
export async function planCells(
  { cells: expanded, rows }: Expansion,
  registry: ProviderRegistry,
): Promise<PlannedCells> {
  const cells = new Map<string, PlannedCell>();
  const notices: { cell: string; message: string }[] = [];
  for (const { id, model, parameters, retry } of expanded) {
    const provider = await registry.providerOf(model.name);
    const count = rows.filter(({ cell }) => cell === id).length;
    const { prefixTokens, why } = planCaching(provider, parameters, count);
    if (why !== undefined) notices.push({ cell: id, message: `"cache" has no effect here: ${why}` });
    cells.set(id, {
      id,
      model: model.name,
      provider: provider.name,
      parameters: withCache(parameters, prefixTokens !== undefined),
      retry: effectiveRetry(retry, parameters, model),
      ...(prefixTokens === undefined ? {} : { prefixTokens }),
    });
  }
  return { cells, notices };
}

export interface RowPlanning {
  readonly root: string;
  readonly registry: ProviderRegistry;
  /** Of the job file, relative to the root. */
  readonly name: string;
  readonly jobFile: JobFile;
  readonly ranges: JobFileRanges;
  readonly rows: Expansion['rows'];
  readonly cells: PlannedCells['cells'];
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface PlannedRows {
  readonly rows: readonly PlannedRow[];
  /** What looks like a secret in a row's input, by row id. */
  readonly secrets: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads every input once, on this machine: what is hashed, estimated and searched here is what is sent later.
 * @throws JobFileError with every row that cannot be sent.
 */
export async function planRows(planning: RowPlanning): Promise<PlannedRows> {
  const { root, registry, name, jobFile, ranges, now } = planning;
  const loader = createJobFileLoader({
    root,
    jobFile,
    modelConfig: (model) => registry.modelConfig(model),
  });
  const rows: PlannedRow[] = [];
  const secrets = new Map<string, readonly string[]>();
  const problems: Problem[] = [];
  /** Cells of which a row was planned: the first is the one that writes what the others read from the cache. */
  const caching = new Set<string>();
  const report = (cell: string, message: string): void => {
    const at = ['cells', jobFile.cells.findIndex((c) => c.id === cell)];
    problems.push({
      severity: 'error',
      message,
      file: name,
      path: formatJsonPath(at),
      range: ranges.value(at),
    });
  };
  for (const { id, cell, source } of planning.rows) {
    const loaded = await loader.load({ id, cell, source });
    if (!loaded.ok) {
      report(cell, `${source || id}: ${loaded.message}`);
      continue;
    }
    const provider = await registry.providerOf(loaded.job.model);
    const issue = provider.validateJob(loaded.job)[0];
    if (issue !== undefined) {
      report(cell, `${source || id} (${issue.parameter}): ${issue.message}`);
      continue;
    }
    try {
      const prefixTokens = planning.cells.get(cell)?.prefixTokens;
      const estimate = estimateRow(
        provider,
        registry.modelConfig(loaded.job.model),
        { ...loaded.job, cache: prefixTokens !== undefined },
        now,
        prefixTokens === undefined ? undefined : { tokens: prefixTokens, writes: !caching.has(cell) },
      );
      caching.add(cell);
      rows.push({ id, cell, source, inputHash: loaded.inputHash, estimate });
      const found = secretsIn(loaded.job);
      if (found.length > 0) secrets.set(id, found);
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      report(cell, error.userMessage);
    }
  }
  if (problems.length > 0) throw new JobFileError(problems);
  return { rows, secrets };
}

/** Everything of a job that would be sent, as far as it is text. */
export function secretsIn({ file, system, prompt, messages }: Job): readonly string[] {
  const texts = [system ?? '', prompt ?? '', ...(messages ?? []).map(({ content }) => content)];
  const contents = file === undefined ? texts : [...texts, file.bytes];
  return [...new Set(contents.flatMap(likelySecretsIn))];
}
