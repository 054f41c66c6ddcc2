import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** The process that drives the newest run of a folder, by its lease. */
export async function holderOf(folder: string): Promise<number | undefined> {
  const runs = path.join(folder, '.batchbook/runs');
  const run = (await readdir(runs).catch(() => [])).sort().at(-1);
  if (run === undefined) return undefined;
  const leases = path.join(runs, run, 'lease');
  const newest = (await readdir(leases))
    .filter((name) => /^\d+\.json$/.test(name))
    .sort((a, b) => parseInt(a, 10) - parseInt(b, 10))
    .at(-1);
  if (newest === undefined) return undefined;
  return (JSON.parse(await readFile(path.join(leases, newest), 'utf8')) as { pid: number }).pid;
}
