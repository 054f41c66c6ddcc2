import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of one test, gone at its end (`await using`). */
export class Folder implements AsyncDisposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** @param files Path below the folder → content; an object is written as JSON. */
  static async with(files: Readonly<Record<string, FileContent>> = {}): Promise<Folder> {
    // A folder inside the temporary one: what a test writes beside its root is gone with it.
    const outer = await realpath(await mkdtemp(path.join(tmpdir(), 'batchbook-cli-')));
    const folder = new Folder(path.join(outer, 'root'));
    await mkdir(folder.root);
    await folder.write(files);
    return folder;
  }

  path(relative: string): string {
    return path.join(this.root, relative);
  }

  async write(files: Readonly<Record<string, FileContent>>): Promise<void> {
    for (const [relative, content] of Object.entries(files)) {
      const file = this.path(relative);
      await mkdir(path.dirname(file), { recursive: true });
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      await writeFile(file, isText ? content : JSON.stringify(content, undefined, 2));
    }
  }

  read(relative: string): Promise<string> {
    return readFile(this.path(relative), 'utf8');
  }

  /** Everything there is, also beside the root: path → what it is and its content's hash. For comparing whole trees. */
  async tree(): Promise<Record<string, string>> {
    const outer = path.dirname(this.root);
    const entries = await readdir(outer, { recursive: true, withFileTypes: true });
    const described = await Promise.all(
      entries.map(async (entry): Promise<[string, string]> => {
        const file = path.join(entry.parentPath, entry.name);
        const name = path.relative(outer, file);
        if (entry.isSymbolicLink()) return [name, `link to ${await readlink(file)}`];
        if (entry.isDirectory()) return [name, 'folder'];
        return [
          name,
          createHash('sha256')
            .update(await readFile(file))
            .digest('hex'),
        ];
      }),
    );
    return Object.fromEntries(described.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(path.dirname(this.root), { recursive: true, force: true, maxRetries: 3 });
  }
}

export type FileContent = string | Uint8Array | Readonly<Record<string, unknown>>;
