import { statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.ts';
import { ValidationError, describeCause } from '../core/errors.ts';
import type { Provider } from '../core/provider.ts';
import type { ServiceAccess } from '../core/serviceAccess.ts';
import type { HolderKind } from '../core/stateManager.ts';
import { findRoot } from '../jobfile/root.ts';
import type { ProviderSettings } from '../providers/configured/configure.ts';
import { overHttp } from '../providers/mock/httpTransport.ts';
import { MockProvider } from '../providers/mock/mockProvider.ts';
import { AgreedRuns, agreedRunsFile } from './agreedRuns.ts';
import { Workspace } from './workspace.ts';

export interface OpenWorkspaceOptions {
  readonly cwd: string;
  readonly clock: Clock;
  readonly kind: HolderKind;
  /** The folder that the person names as the root; absolute or relative to `cwd`. */
  readonly folder?: string;
  /** The job file or run that the person names. A file decides the root where no folder is named. */
  readonly about?: string;
  /** Where services are reached and with which key. */
  readonly access: ServiceAccess;
  /** What the person has set of services and models, as it is at that moment. */
  readonly settings?: () => ProviderSettings;
  /** Default: what this person has agreed to on this machine. */
  readonly agreed?: AgreedRuns;
  /**
   * Address of the pretend service of the test suites; or the name of a service that it stands in for, at the address
   * and with the key of that service.
   */
  readonly mockService?: string;
}

/**
 * Finds the root and opens it. Nothing is created there.
 * @throws ValidationError `usage` where the named folder is none, does not contain the named job file, or is not the root.
 */
export async function openWorkspace(options: OpenWorkspaceOptions): Promise<Workspace> {
  const { cwd, folder } = options;
  const named = folder === undefined ? undefined : await realFolder(folder, cwd);
  const root = await rootOf(options);
  if (named === undefined || named === (await realpath(root))) return openRoot(root, options);
  throw new ValidationError(
    'usage',
    `The workspace ${path.resolve(cwd, folder ?? '.')} is not the root here: that is ${root}, the nearest folder with a .batchbook. Name that one, or none.`,
  );
}

/** @throws ValidationError `usage` where there is no such folder. */
async function realFolder(folder: string, cwd: string): Promise<string> {
  const absolute = path.resolve(cwd, folder);
  const found = await stat(absolute).catch((error: unknown) => {
    throw new ValidationError(
      'usage',
      `The workspace ${absolute} cannot be opened: ${describeCause(error)}. Name a folder that is there.`,
      { cause: error },
    );
  });
  if (found.isDirectory()) return realpath(absolute);
  throw new ValidationError('usage', `The workspace ${absolute} is a file. Name the folder that it is in.`);
}

/** The root that `openWorkspace` would open. @throws as it does. */
export function rootOf({
  cwd,
  folder,
  about,
}: Pick<OpenWorkspaceOptions, 'cwd' | 'folder' | 'about'>): Promise<string> {
  const workspace = folder === undefined ? undefined : path.resolve(cwd, folder);
  return findRoot({
    jobFile: anchorOf(about, cwd, workspace),
    cwd,
    ...(workspace === undefined ? {} : { workspace }),
  });
}

/** Opens a root that is known. @param root Absolute. */
export async function openRoot(
  root: string,
  options: Omit<OpenWorkspaceOptions, 'cwd' | 'folder' | 'about'>,
): Promise<Workspace> {
  const { clock, kind, access } = options;
  return new Workspace({
    root,
    clock,
    kind,
    access,
    agreed: options.agreed ?? new AgreedRuns(agreedRunsFile(process.env)),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    extraProviders: await mockProviders(options),
  });
}

/** The file whose place decides the root: the one that is named, else any in the folder that is meant. */
function anchorOf(about: string | undefined, cwd: string, workspace: string | undefined): string {
  const isFile =
    about !== undefined &&
    (/[/\\]|\.json$/i.test(about) ||
      statSync(path.resolve(cwd, about), { throwIfNoEntry: false })?.isFile() === true);
  return isFile ? path.resolve(cwd, about) : path.join(workspace ?? cwd, 'any.batch.json');
}

/** The pretend service of the test suites, reached on this machine only; its models show in no list. */
async function mockProviders({
  mockService,
  access,
}: Pick<OpenWorkspaceOptions, 'mockService' | 'access'>): Promise<Provider[]> {
  if (mockService === undefined) return [];
  const standsInFor = /^[a-z]+$/.test(mockService) ? await access.accessTo(mockService) : undefined;
  const address = URL.parse(standsInFor?.baseUrl ?? mockService);
  if (address === null || !['127.0.0.1', '[::1]', 'localhost'].includes(address.hostname))
    throw new ValidationError('usage', 'BATCHBOOK_MOCK_SERVICE may only name an address of this machine.');
  return [new MockProvider({ transport: overHttp(address.origin, standsInFor?.apiKey) })];
}
