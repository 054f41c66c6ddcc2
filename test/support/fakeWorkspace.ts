import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { RunStatus } from '../../src/core/status.ts';
import type { ProviderSettings } from '../../src/providers/configured/configure.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import type { StartOptions, Workspace } from '../../src/workspace/workspace.ts';
import { Folder } from './cli/folder.ts';

/** A fake service, as far as a root needs it. */
export interface ServedBy {
  readonly origin: string;
  readonly key: string;
}

/** A root whose services are all this fake, at a pace that a test can wait for: a quarter of an hour takes a second. */
export function openAt(
  folder: Folder,
  fake: ServedBy,
  path = '',
  settings?: ProviderSettings,
): Promise<Workspace> {
  return openWith(folder, () => ({ fake, path }), settings);
}

/**
 * The same with a fake for each service; `undefined` for one that there is no key for.
 * @param aheadMs How far the clock of the wall is ahead by then.
 */
export function openWith(
  folder: Folder,
  served: (service: string) => { readonly fake: ServedBy; readonly path?: string } | undefined,
  settings?: ProviderSettings,
  aheadMs: () => number = () => 0,
): Promise<Workspace> {
  return openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: scaledClock({ ...systemClock, now: () => systemClock.now() + aheadMs() }, 0.001),
    kind: 'library',
    ...(settings === undefined ? {} : { settings: () => settings }),
    access: {
      accessTo: (service) => {
        const at = served(service);
        const origin = at?.fake.origin ?? 'http://127.0.0.1:9';
        return Promise.resolve({
          baseUrl: `${origin}${at?.path ?? ''}`,
          origin,
          isVendor: false,
          apiKey: at?.fake.key,
          keySource: 'environment',
        });
      },
    },
  });
}

/** A folder with a job of so many messages, the same plan every time. */
export function messages(
  model: string,
  rows: number,
  question = 'Question',
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Folder> {
  const cells = Array.from({ length: rows }, (_, i) => ({
    kind: 'messages',
    id: `m${String(i)}`,
    messages: [{ role: 'user', content: `${question} ${String(i)}` }],
    ...changes,
  }));
  return Folder.with({ 'job.batch.json': { version: 1, defaults: { model, maxTokens: 50 }, cells } });
}

/** Plans and drives the job to where it goes no further by itself. */
export async function runJob(root: Workspace, options: StartOptions = {}): Promise<RunStatus> {
  const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
  return (await root.start(plan, 'library', options)).finished();
}

/** Drives the job until a batch is at the service, and stops watching; resolves to the batch's id. */
export async function sendAndStop(root: Workspace): Promise<string> {
  const plan = await root.plan(`${root.root}/job.batch.json`, { all: true });
  const accepted = Promise.withResolvers<undefined>();
  const run = await root.start(plan, 'library', {
    onProgress: ({ batches }) => {
      if (batches[0] !== undefined && batches[0].id !== batches[0].nonce) accepted.resolve(undefined);
    },
  });
  await accepted.promise;
  await run.shutdown();
  return run.status().batches[0]?.id ?? '';
}
