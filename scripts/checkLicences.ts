// Fails when a package that is bundled has a licence outside the list, or when no package was seen.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { bundledPackages } from './bundledPackages.ts';
import { DIST } from './bundles.ts';
import { report } from './report.ts';

const ALLOWED = new Set([
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'CC-BY-4.0',
  'BlueOak-1.0.0',
]);

const metafile = JSON.parse(await readFile(path.join(DIST, 'meta.json'), 'utf8')) as Metafile;
const packages = await bundledPackages(metafile);
report(
  packages.map(({ name, version, license }) => `${name} ${version} ${license}`),
  packages.length === 0
    ? ['No bundled package was seen.']
    : packages
        .filter(({ license }) => !isAllowed(license))
        .map(({ name, license }) => `${name} has the licence "${license}", which is not on the list.`),
);

/** Where a package leaves the choice, one licence of the list is enough. */
function isAllowed(license: string): boolean {
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => ALLOWED.has(choice));
}
