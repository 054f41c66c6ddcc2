import { mkdir, open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError, describeCause } from '../core/errors.ts';
import { parseJobFile } from '../jobfile/parse.ts';
import type { JobFile } from '../jobfile/schema.ts';

/** What somebody wants done with files that they selected. */
export interface Selection {
  /** Files and folders relative to the root, with `/`. */
  readonly files: readonly string[];
  readonly prompt: string;
  readonly model: string;
  readonly costLimitUsd: number;
  readonly title: string;
  /** Without `.batch.json`, such as `summaries`; also names the folder of the answers. */
  readonly name: string;
}

/**
 * The job file of a selection: the one of this name (or `name-2`, `name-3` …) that asks the same of the same files, so
 * that its answers count; else a new one. An existing file is never changed.
 *
 * @param root Absolute.
 * @returns Absolute path.
 * @throws ValidationError `usage` where a file cannot be named in a job file, or the folder cannot be written.
 */
export async function jobFileOfSelection(root: string, selection: Selection): Promise<string> {
  const files = await patternsOf(root, selection.files);
  for (let n = 1; ; n++) {
    const name = n === 1 ? selection.name : `${selection.name}-${String(n)}`;
    const file = path.join(root, `${name}.batch.json`);
    const wanted = jobFileFor({ ...selection, files }, name);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) {
      if (await writeNew(file, wanted)) return file;
    } else if (asksTheSame(text, wanted)) return file;
  }
}

/**
 * Writes a file that was not there.
 * @returns False where there is one already.
 * @throws ValidationError `usage` where it cannot be written.
 */
export async function writeNew(file: string, text: string | JobFile): Promise<boolean> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(typeof text === 'string' ? text : `${JSON.stringify(text, undefined, 2)}\n`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new ValidationError('usage', `${file} cannot be written: ${describeCause(error)}`, {
      cause: error,
    });
  }
}

function jobFileFor(selection: Selection, name: string): JobFile {
  return {
    version: 1,
    title: selection.title,
    defaults: { model: selection.model },
    costLimitUsd: selection.costLimitUsd,
    cells: [
      {
        kind: 'files',
        id: cellId(selection.name),
        files: selection.files,
        prompt: selection.prompt,
        output: `${name}/{{file.path}}.md`,
      },
    ],
  };
}

/** Limit, title and whatever else somebody changed in the file since are theirs. */
function asksTheSame(text: string, wanted: JobFile): boolean {
  const parsed = parseJobFile(text, '');
  if (!parsed.ok) return false;
  const [cell, ...others] = parsed.jobFile.cells.filter(({ kind }) => kind !== 'markdown');
  const [ours] = wanted.cells;
  if (cell?.kind !== 'files' || ours?.kind !== 'files' || others.length > 0) return false;
  const model = cell.model ?? parsed.jobFile.defaults?.model;
  return (
    cell.prompt === ours.prompt &&
    model === wanted.defaults?.model &&
    cell.system === undefined &&
    JSON.stringify(cell.files.toSorted()) === JSON.stringify(ours.files.toSorted())
  );
}

/** Selected once, in a stable order; what lies in a selected folder is selected with it. */
async function patternsOf(root: string, files: readonly string[]): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const file of files) {
    const found = await stat(path.join(root, file)).catch(() => undefined);
    if (found?.isDirectory() === true) folders.push(file === '' ? '.' : file);
  }
  const inFolder = (file: string): boolean =>
    folders.some((folder) => folder !== file && (folder === '.' || file.startsWith(`${folder}/`)));
  const unique = [...new Set(files.map((file) => (file === '' ? '.' : file)))];
  return unique
    .filter((file) => !inFolder(file))
    .map(literal)
    .sort();
}

/** A path that no glob syntax is seen in. */
function literal(file: string): string {
  // A leading "!" takes away, and "./" in front of it does not change what is named.
  return file.startsWith('!') ? `./${file}` : file;
}

function cellId(name: string): string {
  const id = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return id === '' ? 'prompt' : id;
}
