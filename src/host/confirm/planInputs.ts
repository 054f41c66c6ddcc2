import type { JobPlan } from '../../workspace/planJobFile.ts';

/** What a name of `JobPlan.sources` stands for. */
export type PlanInput =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'row'; readonly table: string; readonly key: string }
  /** A conversation that stands in the job file itself. */
  | { readonly kind: 'messages'; readonly id: string };

/** `data file#key`: a table is told by its ending, for the names of other files and keys of rows hold `#` too. */
const DATA_ROW = /^(?<table>.+?\.(?:csv|tsv|jsonl|ndjson))#(?<key>[^]*)$/i;

/** Tells what each name of a plan's inputs stands for. */
export function inputsOf(plan: JobPlan): (source: string) => PlanInput {
  const withoutSource = new Set(plan.rows.filter(({ source }) => source === '').map(({ id }) => id));
  return (source) => {
    if (withoutSource.has(source)) return { kind: 'messages', id: source };
    const { table, key } = DATA_ROW.exec(source)?.groups ?? {};
    return table === undefined || key === undefined
      ? { kind: 'file', path: source }
      : { kind: 'row', table, key };
  };
}

/** The file to open for a look at an input, relative to the root. */
export function fileOf(input: PlanInput, plan: JobPlan): string | undefined {
  switch (input.kind) {
    case 'file':
      return input.path;
    case 'row':
      return input.table;
    case 'messages':
      return plan.meta.jobFile?.path;
  }
}
