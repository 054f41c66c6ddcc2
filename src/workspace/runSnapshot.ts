import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { StateError } from '../core/errors.ts';
import { effectiveRetry, mergeRetry, type PlannedRow } from '../core/plan.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import type { RunMeta } from '../core/stateManager.ts';
import { expandJobFile } from '../jobfile/expand.ts';
import { mergeParameters } from '../jobfile/parameters.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import type { JobFileRanges } from '../jobfile/ranges.ts';
import type { JobFile, RequestCell } from '../jobfile/schema.ts';

/** The job file that a run keeps and follows. */
export interface RunSnapshot {
  readonly meta: RunMeta;
  /** Relative to the root. */
  readonly path: string;
  readonly jobFile: JobFile;
  readonly ranges: JobFileRanges;
}

/** @throws StateError `state` where the run has no job file, `corruptState` where it cannot be read any more. */
export function snapshotOf(meta: RunMeta): RunSnapshot {
  if (meta.jobFile === undefined) {
    throw new StateError(
      'state',
      `Run ${meta.runId} was started by a program, which alone has its jobs. Resume it there.`,
    );
  }
  const { path, text } = meta.jobFile;
  const parsed = parseJobFile(text, path);
  if (!parsed.ok)
    throw new StateError('corruptState', `The job file kept with run ${meta.runId} cannot be read any more.`);
  return { meta, path, jobFile: parsed.jobFile, ranges: parsed.ranges };
}

/** The cell of that id which has rows. */
export function cellNamed(jobFile: JobFile, id: string): RequestCell | undefined {
  return jobFile.cells.find((cell): cell is RequestCell => cell.kind !== 'markdown' && cell.id === id);
}

/**
 * Makes sure that run.json says of these cells what the job file beside it makes on this machine: where their rows go
 * and what is set aside for them is taken from there.
 * @throws StateError `corruptState` where it says otherwise.
 */
export async function assertCellsFit(
  snapshot: RunSnapshot,
  ids: ReadonlySet<string>,
  registry: ProviderRegistry,
): Promise<void> {
  const { meta, jobFile } = snapshot;
  const digest = createHash('sha256')
    .update(meta.jobFile?.text ?? '')
    .digest('hex');
  if (digest !== meta.jobFile?.sha256) throw unfit(snapshot, 'its copy of the job file was changed');
  for (const id of ids) {
    const cells = meta.cells.filter((cell) => cell.id === id);
    const own = cellNamed(jobFile, id);
    const name = own?.model ?? jobFile.defaults?.model;
    if (cells.length !== 1 || own === undefined || name === undefined)
      throw unfit(snapshot, `its job file has no cell "${id}"`);
    const model = registry.modelConfig(name);
    const { parameters } = mergeParameters(own, jobFile.defaults, model);
    const made = {
      model: name,
      provider: (await registry.providerOf(name)).name,
      sent: name,
      maxTokens: parameters.maxTokens,
      retry: effectiveRetry(mergeRetry(own.retry, jobFile.defaults?.retry), parameters, model),
    };
    const said = cells.map(({ model: of, provider, parameters: sent, retry }) => {
      return { model: of, provider, sent: sent.model, maxTokens: sent.maxTokens, retry };
    });
    if (!isDeepStrictEqual(said, [made]))
      throw unfit(snapshot, `its cell "${id}" has another model or limit`);
  }
}

/**
 * Makes sure that the job file names these rows: a plan can say anything.
 * @throws StateError `corruptState` naming the first row that it does not.
 */
export async function assertRowsNamed(
  snapshot: RunSnapshot,
  rows: readonly PlannedRow[],
  context: { readonly root: string; readonly registry: ProviderRegistry },
): Promise<void> {
  if (rows.length === 0) return;
  const { meta, jobFile, ranges } = snapshot;
  const expansion = await expandJobFile({
    root: context.root,
    jobFilePath: snapshot.path,
    jobFile,
    ranges,
    runId: meta.runId,
    modelConfig: (model) => context.registry.modelConfig(model),
    modelNames: [],
    writtenBefore: new Map(),
    ...(meta.onlyCell === undefined ? {} : { only: meta.onlyCell }),
  });
  const nameOf = ({ id, source }: Pick<PlannedRow, 'id' | 'source'>): string => `${id}\0${source}`;
  const named = new Set(expansion.rows.map(nameOf));
  const strange = rows.find((row) => !named.has(nameOf(row)));
  if (strange !== undefined)
    throw unfit(snapshot, `its job file does not name ${strange.source || strange.id} (any more)`);
}

function unfit({ meta, path }: RunSnapshot, why: string): StateError {
  return new StateError(
    'corruptState',
    `Run ${meta.runId} came with its folder and does not fit its job file: ${why}. Nothing was sent. Start another run of ${path} instead (--new).`,
  );
}
