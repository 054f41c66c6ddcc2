// Builds everything that ships into dist/. Every entry is required: a missing one fails the build.
import { execFile } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { generateEditorSchema, generateJobFileJsonSchema } from '../src/jobfile/jsonSchema.ts';
import { buildBundles, DIST, ROOT } from './bundles.ts';
import { bundledPackages, noticesOf } from './bundledPackages.ts';

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST, { recursive: true });
await Promise.all([buildPrograms(), buildTypes(), buildSchema()]);

async function buildPrograms(): Promise<void> {
  const metafile = await buildBundles();
  await chmod(path.join(DIST, 'cli.cjs'), 0o755);
  await writeFile(path.join(DIST, 'meta.json'), JSON.stringify(metafile));
  await writeFile(
    path.join(DIST, 'third-party-notices.txt'),
    await noticesOf(await bundledPackages(metafile)),
  );
}

async function buildTypes(): Promise<void> {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: ROOT }).catch(
    (error: unknown) => {
      throw new Error(`The types did not compile:\n${(error as { stdout: string }).stdout}`);
    },
  );
}

async function buildSchema(): Promise<void> {
  for (const [file, schema] of [
    ['batch.schema.json', generateJobFileJsonSchema()],
    ['editor.schema.json', generateEditorSchema()],
  ] as const)
    await writeFile(path.join(DIST, file), `${JSON.stringify(schema, null, 2)}\n`);
}
