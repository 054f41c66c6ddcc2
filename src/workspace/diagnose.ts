import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeCause, isBatchbookError } from '../core/errors.ts';
import { listServices } from './access.ts';
import type { Workspace } from './workspace.ts';

/** One thing that runs depend on. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks whether this machine and root are fit for runs. Writes only a folder of its own below the root, and removes it. */
export async function diagnose(workspace: Workspace): Promise<readonly Check[]> {
  const { statuses, unreadable } = await workspace.allStatuses();
  const waiting = statuses.filter((status) => status.state === 'needsDecision');
  return [
    {
      name: 'Node',
      ok: Number(process.versions.node.split('.')[0]) >= 22,
      detail: `version ${process.versions.node}`,
    },
    { name: 'Root', ok: true, detail: workspace.root },
    await checkDisk(workspace.root),
    {
      name: 'Models',
      ok: true,
      detail: workspace.registry
        .listModels()
        .map((model) => model.name)
        .join(', '),
    },
    ...(await Promise.all(listServices().map(({ name, title }) => checkService(workspace, name, title)))),
    {
      name: 'Runs',
      ok: unreadable.length === 0,
      detail: [
        `${String(statuses.length)} readable`,
        ...unreadable.map((run) => `${run.runId}: ${run.reason}`),
      ].join('; '),
    },
    {
      name: 'Decisions',
      ok: waiting.length === 0,
      detail:
        waiting.length === 0
          ? 'none is waited for'
          : `waited for by ${waiting.map((status) => status.runId).join(', ')}: batchbook resolve`,
    },
  ];
}

/** A key is only said to be there, and from where. */
async function checkService({ access }: Workspace, name: string, title: string): Promise<Check> {
  try {
    const { origin, isVendor, keySource } = await access.accessTo(name);
    const where = isVendor ? origin : `${origin}, which is not the vendor's own`;
    const key =
      keySource === undefined ? 'no key' : `key from the ${keySource === 'stored' ? 'key store' : keySource}`;
    return { name: title, ok: true, detail: `${where}; ${key}` };
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return { name: title, ok: false, detail: error.userMessage };
  }
}

async function checkDisk(root: string): Promise<Check> {
  const name = 'State folder';
  let dir: string | undefined;
  try {
    await mkdir(root, { recursive: true });
    dir = await mkdtemp(path.join(root, '.batchbook-doctor-'));
    await writeFile(path.join(dir, 'a'), '');
    const links = await link(path.join(dir, 'a'), path.join(dir, 'b')).then(
      () => true,
      () => false,
    );
    return {
      name,
      ok: true,
      detail: links
        ? 'can be written'
        : 'can be written; no hard links here, so leases are created without them',
    };
  } catch (error) {
    return { name, ok: false, detail: `cannot be written: ${describeCause(error)}` };
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  }
}
