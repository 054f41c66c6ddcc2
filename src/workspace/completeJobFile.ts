import { priceInWords, type ModelConfig } from '../core/modelConfig.ts';
import { completionsAt, type Completion } from '../jobfile/complete.ts';
import { insideRoot } from '../jobfile/root.ts';
import { DataTables } from '../jobfile/rows.ts';

/** A completion with a few words on it. */
export interface DescribedCompletion extends Completion {
  readonly detail: string;
}

/** Completions of a job file with what a person wants to know of each: models with provider and price. */
export async function completeJobFile(
  { root, models }: { readonly root: string; readonly models: readonly ModelConfig[] },
  text: string,
  offset: number,
): Promise<readonly DescribedCompletion[]> {
  const tables = new DataTables();
  const byName = new Map(models.map((model) => [model.name, model]));
  const found = await completionsAt(text, offset, {
    models: [...byName.keys()],
    columnsOf: async (data) => {
      const located = await insideRoot(root, data);
      if (!located.ok) return [];
      return tables.read(located.absolute).then(
        ({ columns }) => columns,
        () => [],
      );
    },
  });
  return found.map((completion) => {
    const model = byName.get(completion.text);
    return { ...completion, detail: model === undefined ? '' : `${model.provider}, ${priceInWords(model)}` };
  });
}
