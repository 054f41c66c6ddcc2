import { jobFileSchema, type Cell, type JobFile } from './schema.ts';

const shape = jobFileSchema.shape;

const NOTHING: Cell = { kind: 'markdown', text: '' };

/**
 * What can be used of a job file that is wrong in parts: what is wrong is left out. A cell that is nothing without it is a
 * note without text, so that the others keep their places, and so is one whose id an earlier cell has.
 */
export function usableJobFile(value: unknown): JobFile {
  const given =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const cells: readonly unknown[] = Array.isArray(given['cells']) ? given['cells'] : [];
  const seen = new Set<string>();
  return {
    version: 1,
    ...usable('title'),
    ...usable('defaults'),
    ...usable('costLimitUsd'),
    ...usable('maxConcurrent'),
    ...usable('jobsPerBatch'),
    ...usable('pilot'),
    ...usable('resultsDir'),
    cells: cells.map((cell): Cell => {
      const usable = usableCell(cell);
      const { id } = usable;
      if (id === undefined) return usable;
      const isTaken = seen.has(id);
      seen.add(id);
      return isTaken ? NOTHING : usable;
    }),
  };

  function usable<K extends Exclude<keyof JobFile, 'version' | 'cells'>>(
    key: K,
  ): Pick<JobFile, K> | undefined {
    const parsed = shape[key].safeParse(given[key]);
    return parsed.success && parsed.data !== undefined
      ? ({ [key]: parsed.data } as Pick<JobFile, K>)
      : undefined;
  }
}

/** A cell without what is wrong in it; a prompt that is still to be written is taken to be a short one. */
function usableCell(cell: unknown): Cell {
  const parsed = shape.cells.element.safeParse(cell);
  if (parsed.success) return parsed.data;
  if (typeof cell !== 'object' || cell === null) return NOTHING;
  const wrong = new Set(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
    ),
  );
  const rest = Object.entries(cell).filter(([key]) => !wrong.has(key));
  const again = shape.cells.element.safeParse({
    ...Object.fromEntries(rest),
    ...(wrong.has('prompt') ? { prompt: ' ' } : {}),
  });
  return again.success ? again.data : NOTHING;
}
