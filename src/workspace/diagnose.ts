import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeCause, isBatchbookError } from '../core/errors.ts';
import { keyFingerprint, type Access } from '../core/serviceAccess.ts';
import type { ErrorCode } from '../core/vocabulary.ts';
import type { ProviderSettings } from '../providers/configured/configure.ts';
import type { Service } from '../providers/services.ts';
import { howToSetKey } from './access.ts';
import { checkKey } from './checkKey.ts';
import type { ConfigFile } from './configFile.ts';
import type { Workspace } from './workspace.ts';

/** One thing that runs depend on. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** Where the check is about a service. */
  readonly service?: CheckedService;
}

/** How a service is reached, and what it says to the key. Never the key. */
export interface CheckedService {
  readonly name: string;
  readonly origin: string;
  readonly isVendor: boolean;
  /** Where the key is from; `null`: there is none, and nothing was asked. */
  readonly keySource: NonNullable<Access['keySource']> | null;
  readonly keyFingerprint: string | null;
  /** `unchecked`: the service could not be asked. */
  readonly key: 'none' | 'accepted' | 'refused' | 'unchecked';
  /** Why it is refused or unchecked. */
  readonly code?: ErrorCode;
}

/**
 * Looks whether this machine and root are fit for runs. Writes only a folder of its own below the root, and removes it.
 * Each key that is there is shown to its service, all at once; nothing of the person's is sent.
 * @param keyWithinMs How long the check of a key may take; default 10 s.
 */
export async function diagnose(
  workspace: Workspace,
  config: ConfigFile,
  keyWithinMs?: number,
): Promise<readonly Check[]> {
  const { services, problems } = workspace.registry;
  const checkedServices = Promise.all(
    services.map((service) => checkService(workspace, service, config.settings, keyWithinMs)),
  );
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
      name: 'Configuration',
      ok: problems.length === 0,
      detail: [
        config.isThere ? config.path : `none; it would be at ${config.path}`,
        ...problems.map(({ message }) => message),
      ].join('; '),
    },
    {
      name: 'Models',
      ok: true,
      detail: workspace.registry
        .listModels()
        .map((model) => model.name)
        .join(', '),
    },
    ...(await checkedServices),
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

async function checkService(
  { access }: Workspace,
  service: Service,
  settings: ProviderSettings,
  withinMs: number | undefined,
): Promise<Check> {
  const { name, title } = service;
  let reached: Access;
  try {
    reached = await access.accessTo(name);
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return { name: title, ok: false, detail: error.userMessage };
  }
  const { origin, isVendor, apiKey, keySource = null } = reached;
  const about = {
    name,
    origin,
    isVendor,
    keySource,
    keyFingerprint: apiKey === undefined ? null : keyFingerprint(apiKey),
  };
  const where = isVendor ? origin : `${origin}, which is not a vendor's own address`;
  if (apiKey === undefined)
    return {
      name: title,
      ok: true,
      detail: `${where}; no key. ${howToSetKey(service)}`,
      service: { ...about, key: 'none' },
    };
  const key = `key from the ${keySource === 'stored' ? 'key store' : 'environment'} (fingerprint ${keyFingerprint(apiKey)})`;
  const check = await checkKey(name, reached, { settings, ...(withinMs === undefined ? {} : { withinMs }) });
  if (check.ok)
    return {
      name: title,
      ok: true,
      detail: `${where}; ${key}, accepted`,
      service: { ...about, key: 'accepted' },
    };
  const next = check.code === 'auth' ? ` ${howToSetKey(service)}` : '';
  return {
    name: title,
    ok: false,
    detail: `${where}; ${key}: ${check.message}${next}`,
    service: { ...about, key: check.isRefused ? 'refused' : 'unchecked', code: check.code },
  };
}

async function checkDisk(root: string): Promise<Check> {
  const name = 'State folder';
  let dir: string | undefined;
  try {
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
