import type { Parse } from './channel.ts';

/** Which run a tab was of, as its page keeps it while the window is loaded anew. */
export interface KeptRun {
  /** Absolute path of the root that the run is in. */
  readonly root: string;
  readonly runId: string;
}

/** What every tab that comes back has kept: the runs that it was of. None: it showed that there is no run. */
export interface KeptPanel {
  readonly runs: readonly KeptRun[];
}

/** What a tab of a run has its page keep of it. */
export function keptRun({ root, runId }: KeptRun): KeptRun {
  return { root, runId };
}

/** @param counts How many runs such a tab may be of. */
export function keptPanelOf(...counts: readonly number[]): Parse<KeptPanel> {
  return (value) => {
    const { runs } = value as { readonly runs?: unknown };
    if (!Array.isArray(runs) || !counts.includes(runs.length)) throw new TypeError('it is of other runs');
    return { runs: runs.map(parseRun) };
  };
}

function parseRun(value: unknown): KeptRun {
  const { root, runId } = value as Readonly<Record<string, unknown>>;
  if (typeof root !== 'string' || typeof runId !== 'string')
    throw new TypeError('a run has a root and an id');
  return { root, runId };
}
