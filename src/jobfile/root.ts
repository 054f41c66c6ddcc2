import * as fs from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../core/errors.ts';

/** What the root is found from; all paths absolute, or relative to `cwd`. */
export interface RootQuery {
  readonly jobFile: string;
  /** The workspace folder, or `--workspace`. */
  readonly workspace?: string;
  readonly cwd: string;
}

/**
 * The root of a job file: the nearest ancestor that holds `.batchbook/`, else the workspace, else the nearest ancestor
 * with `.git`, else the current folder, or the job file's own folder where that is outside the current one.
 * @throws ValidationError `usage` where the workspace does not contain the job file.
 */
export async function findRoot({ jobFile, workspace, cwd }: RootQuery): Promise<string> {
  const folder = path.dirname(path.resolve(cwd, jobFile));
  const withState = await nearestHolding(folder, '.batchbook', (stat) => stat.isDirectory());
  if (withState !== undefined) return withState;
  if (workspace !== undefined) {
    const given = path.resolve(cwd, workspace);
    if (isBelow(given, folder)) return given;
    throw new ValidationError(
      'usage',
      `${jobFile} is not inside the workspace ${workspace}. Name a workspace that contains the job file.`,
    );
  }
  // In a worktree or a submodule `.git` is a file.
  const repository = await nearestHolding(folder, '.git', () => true);
  if (repository !== undefined) return repository;
  const current = path.resolve(cwd);
  return isBelow(current, folder) ? current : folder;
}

async function nearestHolding(
  folder: string,
  name: string,
  accept: (stat: { isDirectory(): boolean }) => boolean,
): Promise<string | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    const stat = await fs.stat(path.join(at, name)).catch(() => undefined);
    if (stat !== undefined && accept(stat)) return at;
    if (path.dirname(at) === at) return undefined;
  }
}

function isBelow(folder: string, inner: string): boolean {
  const relative = path.relative(folder, inner);
  return relative === '' || (!isParentStep(relative) && !path.isAbsolute(relative));
}

function isParentStep(relative: string): boolean {
  return relative === '..' || relative.startsWith('../') || relative.startsWith(`..${path.sep}`);
}

/** Where a path of a job file really leads. */
export type Located =
  | {
      readonly ok: true;
      /** The real path relative to the real root, with `/`, NFC, links resolved. */
      readonly path: string;
      /** The same on disk. */
      readonly absolute: string;
    }
  | {
      readonly ok: false;
      readonly reason: keyof typeof REFUSALS;
      /** What is wrong, without naming the path. */
      readonly message: string;
    };

const REFUSALS = {
  absolute: 'is absolute. Paths are relative to the root',
  parent: 'leaves the root through ".."',
  link: 'leads outside the root, or nowhere, through a link',
  invalid: 'holds a character that no path may hold',
  long: 'is longer than any path can be',
} as const;
/** The longest path of Linux; other systems take less. */
const MOST_CHARACTERS = 4_096;
/** Looking for the links of a path costs the square of its steps: nobody has folders that deep, but a model may name them. */
const MOST_STEPS = 256;

function refuse(reason: keyof typeof REFUSALS): Located {
  return { ok: false, reason, message: REFUSALS[reason] };
}

/** Why a path can be refused by its text alone, on every platform alike; else `undefined`. */
export function refusedByText(relative: string): Extract<Located, { ok: false }> | undefined {
  let located: Located | undefined;
  if (relative.length > MOST_CHARACTERS || relative.split('/').length > MOST_STEPS) located = refuse('long');
  else if (relative.includes('\0')) located = refuse('invalid');
  else if (/^(?:[/\\]|[A-Za-z]:)/.test(relative)) located = refuse('absolute');
  else if (isParentStep(path.posix.normalize(relative))) located = refuse('parent');
  return located?.ok === false ? located : undefined;
}

/** Real folders that were looked up already. Only for the length of one pass over the tree: links may change. */
export type RealPathCache = Map<string, Promise<string | undefined>>;

/**
 * Resolves the links of the deepest existing part of a path below the root and refuses what leads outside, whether by
 * `..`, by being absolute or by a link. A path that does not exist is no refusal. Where the disk has the name in another
 * Unicode normalisation, that one is found.
 *
 * @param relative With `/`, relative to the root.
 */
export async function insideRoot(
  root: string,
  relative: string,
  cache: RealPathCache = new Map(),
): Promise<Located> {
  const refusal = refusedByText(relative);
  if (refusal !== undefined) return refusal;
  const realRoot = await fs.realpath(root);
  const steps = path.posix.normalize(relative).split('/');
  let at = realRoot;
  for (const [index, step] of steps.entries()) {
    if (step === '.' || step === '') continue;
    const entry = path.join(at, step);
    const isLast = index === steps.length - 1;
    const pending = cache.get(entry) ?? realEntry(realRoot, at, step);
    if (!isLast) cache.set(entry, pending);
    const real = await pending;
    if (real === undefined) return refuse('link');
    at = real;
  }
  const inside = path.relative(realRoot, at).split(path.sep).join('/');
  return { ok: true, path: inside.normalize('NFC'), absolute: at };
}

/** The real path of an entry of a real folder; `undefined` for a link that leads out or nowhere. */
async function realEntry(realRoot: string, folder: string, name: string): Promise<string | undefined> {
  const found = await existingName(folder, name);
  if (found === undefined) return path.join(folder, name);
  const entry = path.join(folder, found.name);
  if (!found.isLink) return entry;
  const target = await fs.realpath(entry).catch(() => undefined);
  return target !== undefined && isBelow(realRoot, target) ? target : undefined;
}

async function existingName(
  folder: string,
  name: string,
): Promise<{ readonly name: string; readonly isLink: boolean } | undefined> {
  const look = async (candidate: string): Promise<{ name: string; isLink: boolean } | undefined> => {
    const stat = await fs.lstat(path.join(folder, candidate)).catch(() => undefined);
    return stat === undefined ? undefined : { name: candidate, isLink: stat.isSymbolicLink() };
  };
  const exact = await look(name);
  // eslint-disable-next-line no-control-regex -- everything beyond ASCII may have several spellings
  if (exact !== undefined || /^[\x00-\x7f]*$/.test(name)) return exact;
  for (const form of ['NFC', 'NFD'] as const) {
    const other = await look(name.normalize(form));
    if (other !== undefined) return other;
  }
  const names = await fs.readdir(folder).catch(() => []);
  const twin = names.find((candidate) => candidate.normalize('NFC') === name.normalize('NFC'));
  return twin === undefined ? undefined : look(twin);
}
