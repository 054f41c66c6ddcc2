import * as fs from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Larger files are not read as ignore rules. */
const MAX_BYTES = 1_000_000;

/**
 * The `.gitignore` files from the root down to a path. Nothing of a user's settings counts, and nothing above the root,
 * so that a tree is the same for everybody. Rules are case-sensitive on every platform.
 */
export class GitignoreTree {
  readonly #root: string;
  readonly #rules = new Map<string, Promise<Ignore | undefined>>();
  readonly #folders = new Map<string, Promise<boolean>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Whether a file is ignored. @param file Relative to the root, with `/`. */
  ignores(file: string): Promise<boolean> {
    return this.#ignored(file, file);
  }

  async #ignored(entry: string, asTested: string): Promise<boolean> {
    const folder = parentOf(entry);
    // As in git, nothing below an ignored folder can be taken back.
    if (folder !== '' && (await this.#folderIgnored(folder))) return true;
    for (let at = folder; ; at = parentOf(at)) {
      const rules = await this.#rulesOf(at);
      const tested = rules?.test(at === '' ? asTested : asTested.slice(at.length + 1));
      if (tested?.ignored === true) return true;
      if (tested?.unignored === true || at === '') return false;
    }
  }

  #folderIgnored(folder: string): Promise<boolean> {
    const known = this.#folders.get(folder) ?? this.#ignored(folder, `${folder}/`);
    this.#folders.set(folder, known);
    return known;
  }

  #rulesOf(folder: string): Promise<Ignore | undefined> {
    const known = this.#rules.get(folder) ?? readRules(path.join(this.#root, folder, '.gitignore'));
    this.#rules.set(folder, known);
    return known;
  }
}

async function readRules(file: string): Promise<Ignore | undefined> {
  const stat = await fs.stat(file).catch(() => undefined);
  if (stat?.isFile() !== true || stat.size > MAX_BYTES) return undefined;
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  return ignore({ ignorecase: false }).add(text.replace(/^\uFEFF/, ''));
}

function parentOf(entry: string): string {
  return entry.slice(0, Math.max(0, entry.lastIndexOf('/')));
}
