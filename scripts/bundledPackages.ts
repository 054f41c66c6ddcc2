import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './bundles.ts';

/** A third-party package of which at least one file is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json says; empty where it says nothing. */
  readonly license: string;
  readonly folder: string;
}

/**
 * The packages that ship, by what the bundler really took.
 *
 * @param metafile - What the bundler says about all bundles.
 * @returns One entry a package folder, by name.
 */
export async function bundledPackages(metafile: Metafile): Promise<BundledPackage[]> {
  const folders = new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const packages = await Promise.all(
    [...folders].map(async (folder) => {
      const manifest = JSON.parse(await readFile(path.join(ROOT, folder, 'package.json'), 'utf8')) as {
        name: string;
        version: string;
        license?: unknown;
      };
      const license = typeof manifest.license === 'string' ? manifest.license : '';
      return { name: manifest.name, version: manifest.version, license, folder };
    }),
  );
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The text that goes along with the bundles: every package with its licence.
 *
 * @param packages - What `bundledPackages` found.
 * @returns Plain text.
 */
export async function noticesOf(packages: readonly BundledPackage[]): Promise<string> {
  const notices = await Promise.all(
    packages.map(async ({ name, version, license, folder }) => {
      const [file] = await Array.fromAsync(
        glob('{LICEN[CS]E,licen[cs]e}*', { cwd: path.join(ROOT, folder) }),
      );
      const text = file === undefined ? '' : await readFile(path.join(ROOT, folder, file), 'utf8');
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    }),
  );
  return notices.join(`\n${'-'.repeat(80)}\n\n`);
}
