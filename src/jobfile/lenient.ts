import { jobFileSchema, type Cell, type JobFile } from './schema.ts';

const shape = jobFileSchema.shape;

/**
 * What can be used of a job file that is wrong in parts: a cell that is wrong is a note without text, so that the others
 * keep their places, and so is one whose id an earlier cell has; what else is wrong is left out.
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
      const parsed = shape.cells.element.safeParse(cell);
      const nothing = { kind: 'markdown', text: '' } as const;
      if (!parsed.success) return nothing;
      const { id } = parsed.data;
      if (id === undefined) return parsed.data;
      const isTaken = seen.has(id);
      seen.add(id);
      return isTaken ? nothing : parsed.data;
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
