import * as fs from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Problem } from '../core/errors.ts';
import { findPaths, type FoundPath } from './findPaths.ts';
import { GitignoreTree } from './gitignore.ts';
import { hasSecretName } from './likelySecrets.ts';
import { insideRoot, type RealPathCache } from './root.ts';
import { MAX_FILE_BYTES, looksBinary, readHead, takesBinary } from './sniff.ts';

/** Why a file that a pattern matched, or another input, is no row. */
export const LEFT_OUT_REASONS = {
  likelySecret: 'has a name that files with keys or passwords have',
  byYou: 'is left out by your choice',
  gitignored: 'is named by a .gitignore file',
  builtIn: 'is in node_modules or in a folder that is never read',
  ownOutput: 'was written by Batchbook',
  jobFile: 'is the job file itself',
  empty: 'is empty (0 bytes)',
  binary: 'is not text, and the model does not take files of this type',
  tooLarge: `has more than ${String(MAX_FILE_BYTES / 1_000_000)} MB`,
  link: 'is a link that leads outside the root or nowhere',
  folderLink: 'is a link to a folder; name the folder itself',
  notAFile: 'is not a regular file',
  unreadable: 'cannot be read',
} as const;
export type LeftOutReason = keyof typeof LEFT_OUT_REASONS;

/** Left out without being asked for: no more than information. The others are problems. */
const QUIET: ReadonlySet<LeftOutReason> = new Set([
  'gitignored',
  'builtIn',
  'ownOutput',
  'jobFile',
  'likelySecret',
]);

export interface FileQuery {
  readonly root: string;
  /** Files, folders, globs; `!` takes away. */
  readonly patterns: readonly string[];
  /** Whether `.gitignore` files count. */
  readonly gitignore: boolean;
  /** `fileTypes` of the model: extensions that it takes beyond text. */
  readonly fileTypes: readonly string[];
  /** Relative to the root. */
  readonly jobFilePath: string;
  /** Folder of default outputs, relative to the root. */
  readonly resultsDir: string;
  /** Paths that we wrote before. */
  readonly ownOutputs: { has(path: string): boolean };
}

/** A file that becomes a row. */
export interface FoundFile {
  /** Relative to the root, `/`, NFC, links resolved. */
  readonly path: string;
  readonly bytes: number;
}

export interface LeftOutFile {
  readonly path: string;
  readonly reason: LeftOutReason;
  /** The reason in words: the end of a sentence that begins with the path. */
  readonly why: string;
}

export function leftOutFile(path: string, reason: LeftOutReason): LeftOutFile {
  return { path, reason, why: LEFT_OUT_REASONS[reason] };
}

export interface FileIssue {
  readonly severity: Problem['severity'];
  readonly message: string;
  /** Index of the pattern at fault; absent: all of `files`. */
  readonly pattern?: number;
  readonly about?: Problem['about'];
}

export interface FileExpansion {
  readonly included: readonly FoundFile[];
  readonly leftOut: readonly LeftOutFile[];
  readonly issues: readonly FileIssue[];
  readonly notices: readonly string[];
}

type Verdict = FoundPath & {
  /** Where it really is; for a refused link and one to a folder, where it was found. */
  readonly realPath: string;
  readonly onDisk: string;
  readonly bytes: number;
  readonly reason: LeftOutReason | undefined;
  readonly notice: LeftOutReason | undefined;
};

const CONCURRENT_LOOKS = 32;

/**
 * The files of a cell in a stable order (by UTF-16 units of the path). Contents are not read but for the first bytes of
 * each file. Every file that a pattern matches is either included or left out with a reason.
 */
export async function expandFiles(query: FileQuery): Promise<FileExpansion> {
  const { found, issues: pathIssues } = await findPaths(query.root, query.patterns);
  const look = createLook(query);
  const verdicts = await pLimit(CONCURRENT_LOOKS).map(found, look);
  verdicts.sort((a, b) => (a.realPath < b.realPath ? -1 : a.realPath > b.realPath ? 1 : 0));
  const rows = new Map<string, Verdict>();
  const issues: FileIssue[] = pathIssues.map((issue) => ({ severity: 'error', ...issue }));
  for (const verdict of verdicts) {
    if (verdict.reason !== undefined) continue;
    const earlier = rows.get(verdict.realPath);
    if (earlier === undefined) rows.set(verdict.realPath, verdict);
    else if (earlier.onDisk !== verdict.onDisk) issues.push(twins(earlier.onDisk, verdict.onDisk));
  }
  const leftOut = new Map<string, LeftOutFile>();
  for (const { reason, realPath } of verdicts) {
    if (reason !== undefined && !rows.has(realPath)) leftOut.set(realPath, leftOutFile(realPath, reason));
  }
  issues.push(...leftOutIssues(verdicts));
  if (rows.size === 0 && issues.every(({ severity }) => severity !== 'error')) {
    issues.push({
      severity: 'error',
      message: `No file is left for this cell: ${listReasons([...leftOut.values()])}`,
    });
  }
  return {
    included: [...rows.values()].map(({ realPath, bytes }) => ({ path: realPath, bytes })),
    leftOut: [...leftOut.values()],
    issues,
    notices: [...rows.values()].flatMap(({ notice, realPath }) =>
      notice === undefined
        ? []
        : [`${realPath} ${LEFT_OUT_REASONS[notice]}, and is included because it is named explicitly.`],
    ),
  };
}

function createLook(query: FileQuery): (found: FoundPath) => Promise<Verdict> {
  const cache: RealPathCache = new Map();
  const gitignore = new GitignoreTree(query.root);
  const results = trimSlashes(query.resultsDir.normalize('NFC'));
  const skipReason = async (realPath: string): Promise<LeftOutReason | undefined> => {
    if (realPath === query.jobFilePath) return 'jobFile';
    if (realPath.split('/').includes('node_modules')) return 'builtIn';
    if (query.ownOutputs.has(realPath)) return 'ownOutput';
    if (results !== '' && results !== '.' && realPath.startsWith(`${results}/`)) return 'ownOutput';
    if (hasSecretName(realPath)) return 'likelySecret';
    return query.gitignore && (await gitignore.ignores(realPath)) ? 'gitignored' : undefined;
  };
  return async (found) => {
    const located = await insideRoot(query.root, found.path, cache);
    const base = { ...found, bytes: 0, notice: undefined };
    if (!located.ok) {
      const realPath = found.path.normalize('NFC');
      return { ...base, realPath, onDisk: found.path, reason: 'link' };
    }
    const at = { ...base, realPath: located.path, onDisk: located.absolute };
    // A link may lead into a folder that no glob enters.
    if (/(?:^|\/)\.(?:git|batchbook)(?:\/|$)/.test(located.path)) return { ...at, reason: 'builtIn' };
    const skip = await skipReason(located.path);
    if (skip !== undefined && (!found.explicit || skip === 'jobFile')) return { ...at, reason: skip };
    const { bytes, reason } = await inspect(located.absolute, query.fileTypes);
    // The link is what is left out, not the folder that it leads to, which may be the root.
    const named = reason === 'folderLink' ? { realPath: found.path.normalize('NFC') } : {};
    return { ...at, ...named, bytes, reason, notice: skip };
  };
}

async function inspect(
  file: string,
  fileTypes: readonly string[],
): Promise<{ readonly bytes: number; readonly reason: LeftOutReason | undefined }> {
  try {
    const stat = await fs.stat(file);
    const bytes = stat.size;
    if (stat.isDirectory()) return { bytes: 0, reason: 'folderLink' };
    if (!stat.isFile()) return { bytes: 0, reason: 'notAFile' };
    if (bytes === 0) return { bytes, reason: 'empty' };
    if (bytes > MAX_FILE_BYTES) return { bytes, reason: 'tooLarge' };
    const binary = !takesBinary(file, fileTypes) && looksBinary(await readHead(file));
    return { bytes, reason: binary ? 'binary' : undefined };
  } catch {
    return { bytes: 0, reason: 'unreadable' };
  }
}

/** A file named by itself must not be passed over in silence, so it is an error; those a glob found are a warning. */
function leftOutIssues(verdicts: readonly Verdict[]): FileIssue[] {
  const issues: FileIssue[] = [];
  const warned: LeftOutFile[] = [];
  for (const { reason, explicit, realPath } of verdicts) {
    if (reason === undefined) continue;
    if (explicit && reason !== 'empty') {
      const message = `${realPath} ${LEFT_OUT_REASONS[reason]}. Remove it from "files", or change what stands in the way.`;
      issues.push({ severity: 'error', message });
    } else if (!QUIET.has(reason)) warned.push(leftOutFile(realPath, reason));
  }
  if (warned.length > 0)
    issues.push({ severity: 'warning', message: `Left out: ${listReasons(warned)}`, about: 'leftOut' });
  return issues;
}

function listReasons(files: readonly LeftOutFile[]): string {
  const byReason = Map.groupBy(files, ({ reason }) => reason);
  const parts = [...byReason].map(([reason, group]) => {
    const names = group.slice(0, 5).map(({ path }) => path);
    const more = group.length > 5 ? ` and ${String(group.length - 5)} more` : '';
    return `${names.join(', ')}${more} ${LEFT_OUT_REASONS[reason]}`;
  });
  return `${parts.length === 0 ? 'the patterns take all of them away' : parts.join('; ')}.`;
}

function twins(a: string, b: string): FileIssue {
  const message = `Two files have the same name in different Unicode spellings: ${spelling(a)} and ${spelling(b)}. Rename one of them.`;
  return { severity: 'error', message };
}

/** The name with everything beyond ASCII written as code points, where two names look alike. */
function spelling(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  const codes = [...name].map((c) => (c < '\x7f' ? c : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`));
  return `"${name}" (${codes.join('')})`;
}

function trimSlashes(folder: string): string {
  return folder.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
}
