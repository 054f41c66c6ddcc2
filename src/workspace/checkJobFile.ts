import type { Problem } from '../core/errors.ts';
import type { ProviderRegistry } from '../core/provider.ts';
import { expandJobFile } from '../jobfile/expand.ts';
import { parseJobFile } from '../jobfile/parse.ts';

export interface CheckContext {
  readonly root: string;
  /** Relative to the root, with `/`. */
  readonly name: string;
  readonly registry: ProviderRegistry;
  /** SHA-256 by path of outputs that earlier runs wrote; asked for only when the text can be expanded. */
  readonly writtenBefore: () => Promise<ReadonlyMap<string, string>>;
}

/**
 * Everything about a job file that a plan would report and that can be found without reading inputs: also models, files,
 * data columns and outputs. The text may be unsaved. Writes and sends nothing.
 */
export async function checkJobFile(context: CheckContext, text: string): Promise<readonly Problem[]> {
  const parsed = parseJobFile(text, context.name);
  if (!parsed.ok) return parsed.problems;
  const { problems } = await expandJobFile({
    root: context.root,
    jobFilePath: context.name,
    jobFile: parsed.jobFile,
    ranges: parsed.ranges,
    runId: '0'.repeat(26),
    modelConfig: (model) => context.registry.modelConfig(model),
    modelNames: context.registry.listModels().map(({ name }) => name),
    writtenBefore: await context.writtenBefore(),
  });
  return [...parsed.warnings, ...problems];
}
