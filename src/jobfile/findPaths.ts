import { readdir, type Dirent } from 'node:fs';
import { escapePath, glob, isDynamicPattern, type GlobOptions } from 'tinyglobby';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { insideRoot, refusedByText } from './root.ts';

/** Never looked into, whatever a job file says. */
const NEVER = ['**/.git/**', '**/.batchbook/**'];
/** Left out of globs; a file there can still be named. */
const SKIPPED = ['**/node_modules/**', ...NEVER];

/** A path that a pattern found, relative to the root, as the disk spells it. */
export interface FoundPath {
  readonly path: string;
  /** Named as it is, not found by a glob or in a folder. */
  readonly explicit: boolean;
}

export interface PathIssue {
  /** Index in `files`. */
  readonly pattern: number;
  readonly message: string;
}

/** Everything that the patterns of a cell name, before it is looked at. Each path once. */
export async function findPaths(
  root: string,
  patterns: readonly string[],
): Promise<{ readonly found: readonly FoundPath[]; readonly issues: readonly PathIssue[] }> {
  const found = new Map<string, FoundPath>();
  const issues: PathIssue[] = [];
  const excluded = patterns.filter(isNegated).flatMap((pattern) => bothForms(pattern.slice(1)));
  const explicit: string[] = [];
  for (const [index, pattern] of patterns.entries()) {
    if (isNegated(pattern)) continue;
    const result = await findOne(root, pattern, excluded);
    if ('message' in result) issues.push({ pattern: index, message: result.message });
    else if (result.explicit) explicit.push(...result.paths);
    else for (const at of result.paths) found.set(at, { path: at, explicit: false });
  }
  for (const at of await notExcluded(root, explicit, excluded)) found.set(at, { path: at, explicit: true });
  if (patterns.every(isNegated)) {
    issues.push({
      pattern: 0,
      message: 'Every pattern begins with "!", so no file is named. Add one that does not.',
    });
  }
  return { found: [...found.values()], issues };
}

type Found = { readonly paths: readonly string[]; readonly explicit: boolean } | { readonly message: string };

async function findOne(root: string, pattern: string, excluded: readonly string[]): Promise<Found> {
  const refusal = refusedByText(pattern);
  if (refusal !== undefined) return { message: `"${pattern}" ${refusal.message}.` };
  const literal = await insideRoot(root, pattern);
  if (!literal.ok) return { message: `"${pattern}" ${literal.message}.` };
  const onDisk = path
    .relative(await fs.realpath(root), literal.absolute)
    .split(path.sep)
    .join('/');
  const stat = await fs.stat(literal.absolute).catch(() => undefined);
  if (stat?.isDirectory() === true) {
    const inner = onDisk === '' ? '**' : `${escapePath(onDisk)}/**`;
    const paths = await globPaths(root, [inner], [...SKIPPED, ...excluded]);
    return paths.length === 0
      ? { message: `The folder "${pattern}" holds no files.` }
      : { paths, explicit: false };
  }
  if (stat !== undefined) {
    return isInNever(onDisk)
      ? { message: `"${pattern}" is in a folder that is never read (.git, .batchbook).` }
      : { paths: [onDisk], explicit: true };
  }
  if (!isDynamicPattern(pattern)) {
    return {
      message: `There is no file or folder "${pattern}" below ${root}. Correct the path, or remove it.${slashHint(pattern)}`,
    };
  }
  if (/(?:^|[/{,])\.\.(?:[/},]|$)/.test(pattern)) {
    return { message: `"${pattern}" has "..", and a pattern must stay below the root.` };
  }
  const paths = await globPaths(root, bothForms(pattern), [...SKIPPED, ...excluded]);
  if (paths.length > 0) return { paths, explicit: false };
  return { message: `"${pattern}" matches no file below ${root}.${slashHint(pattern)}` };
}

function slashHint(pattern: string): string {
  return pattern.includes('\\') ? ' Folders are separated by "/".' : '';
}

async function notExcluded(
  root: string,
  explicit: readonly string[],
  excluded: readonly string[],
): Promise<readonly string[]> {
  if (excluded.length === 0 || explicit.length === 0) return explicit;
  return globPaths(root, explicit.map(escapePath), [...NEVER, ...excluded]);
}

async function globPaths(
  root: string,
  patterns: readonly string[],
  excluded: readonly string[],
): Promise<readonly string[]> {
  const paths = await glob(patterns.map(hideLineBreaks), {
    cwd: root,
    ignore: excluded.map(hideLineBreaks),
    expandDirectories: false,
    followSymbolicLinks: false,
    fs: { readdir: readdirWithLinks } as NonNullable<GlobOptions['fs']>,
  });
  return paths.map(showLineBreaks);
}

/** No wildcard matches a line break, so those in names are hidden behind characters of the private use area. */
const LINE_BREAKS = '\n\r\u2028\u2029';
const FIRST_STAND_IN = 0xf8f0;

function hideLineBreaks(text: string): string {
  return text.replace(/[\n\r\u2028\u2029]/g, (c) =>
    String.fromCharCode(FIRST_STAND_IN + LINE_BREAKS.indexOf(c)),
  );
}

function showLineBreaks(text: string): string {
  return text.replace(/[\uf8f0-\uf8f3]/g, (c) => LINE_BREAKS.charAt(c.charCodeAt(0) - FIRST_STAND_IN));
}

/** Shows links as files: they are never walked into, and a link that matches is looked at instead of being passed over. */
function readdirWithLinks(
  folder: string,
  options: { withFileTypes: true },
  done: (error: NodeJS.ErrnoException | null, entries: readonly LinkAsFile[]) => void,
): void {
  readdir(showLineBreaks(folder), options, (error, entries) => {
    // After an error Node passes no entries, whatever the types say.
    done(error, error === null ? entries.map(linkAsFile) : []);
  });
}

type LinkAsFile = Pick<Dirent, 'name' | 'isFile' | 'isDirectory' | 'isSymbolicLink'>;

function linkAsFile(entry: Dirent): LinkAsFile {
  const isLink = entry.isSymbolicLink();
  return {
    name: hideLineBreaks(entry.name),
    isFile: () => isLink || entry.isFile(),
    isDirectory: () => entry.isDirectory(),
    isSymbolicLink: () => false,
  };
}

function isNegated(pattern: string): boolean {
  return pattern.startsWith('!');
}

/** A pattern in both Unicode normalisations: job files are NFC, and disks are what they are. */
function bothForms(pattern: string): readonly string[] {
  return [...new Set([pattern, pattern.normalize('NFC'), pattern.normalize('NFD')])];
}

function isInNever(file: string): boolean {
  return file.split('/').some((step) => step === '.git' || step === '.batchbook');
}
