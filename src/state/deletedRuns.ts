import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { isMissing } from './disk.ts';
import { readLines } from './lines.ts';

const line = z.object({
  runId: z.string(),
  // Runs of programs have none, nor have lines that an earlier version wrote.
  jobFile: z.string().optional(),
  written: z.array(z.tuple([z.string(), z.string()])),
});

/** What a run has written. */
export interface RunOutputs {
  /** Path of its job file relative to the root, where it has one. */
  readonly jobFile: string | undefined;
  /** Path → SHA-256. */
  readonly written: ReadonlyMap<string, string>;
}

/**
 * What is kept of runs that were deleted: which files they wrote, so that those still count as ours and the job file can
 * be run again. One line a run in `deleted.jsonl` of the state folder.
 */
export class DeletedRuns {
  readonly #file: string;
  #known: { readonly bytes: number; readonly runs: ReadonlyMap<string, RunOutputs> } | undefined;

  constructor(stateDir: string) {
    this.#file = path.join(stateDir, 'deleted.jsonl');
  }

  /** Notes what a run that is about to be deleted has written; it is on disk when this resolves. */
  async add(runId: string, { jobFile, written }: RunOutputs): Promise<void> {
    const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW } = constants;
    // A link would lead what is written to a place of somebody's choice; Windows has no such flag, and the rest counts.
    const handle = await open(this.#file, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW, 0o600);
    try {
      const { size } = await handle.stat();
      // A line that was broken off keeps to itself.
      const last = Buffer.alloc(1, '\n');
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const text = `${JSON.stringify({ runId, jobFile, written: [...written] })}\n`;
      await handle.appendFile(last.toString() === '\n' ? text : `\n${text}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** By run. A line that cannot be read is passed over: what it named counts as somebody else's, and is left alone. */
  async all(): Promise<ReadonlyMap<string, RunOutputs>> {
    try {
      const { size } = await stat(this.#file);
      if (this.#known?.bytes === size) return this.#known.runs;
      const runs = new Map<string, RunOutputs>();
      for await (const { text } of readLines(this.#file)) {
        const parsed = line.safeParse(jsonOf(text));
        if (!parsed.success) continue;
        const { runId, jobFile, written } = parsed.data;
        runs.set(runId, { jobFile, written: new Map(written) });
      }
      this.#known = { bytes: size, runs };
      return runs;
    } catch (error) {
      if (isMissing(error)) return new Map();
      throw error;
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
