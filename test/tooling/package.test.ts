import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { zipEntries } from '../support/zipEntries.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

describe('what ships', function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'batchbook-package-'));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('the .vsix holds the committed list of files and no other', async () => {
    const vsix = path.join(folder, 'batchbook.vsix');
    // Without the build that comes before it: what is tested is what the build step made.
    await run('npm', ['run', 'package', '--ignore-scripts', '--', '-o', vsix], { cwd: root });
    const expected = await readFile(path.join(root, 'test/tooling/vsixFiles.txt'), 'utf8');
    assert.deepEqual((await zipEntries(vsix)).sort(), expected.trim().split('\n').sort());
  });

  it('the npm package has what its manifest points at, and its types compile for a consumer', async () => {
    const consumer = path.join(folder, 'consumer');
    const installed = path.join(consumer, 'node_modules/batchbook');
    await mkdir(installed, { recursive: true });
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      { cwd: root },
    );
    const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
    assert.ok(packed);
    const files = packed.files.map((file) => file.path);
    assert.deepEqual(
      files.filter((file) => !/^(?:dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(file)),
      [],
    );
    await run('tar', ['-xzf', path.join(folder, packed.filename), '--strip-components=1', '-C', installed]);
    await symlink(path.join(root, 'node_modules/zod'), path.join(consumer, 'node_modules/zod'), 'junction');
    await symlink(
      path.join(root, 'node_modules/@types'),
      path.join(consumer, 'node_modules/@types'),
      'junction',
    );

    await writeFile(path.join(consumer, 'package.json'), '{ "type": "module" }');
    await writeFile(path.join(consumer, 'consumer.ts'), CONSUMER);
    const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
    const compiled = await run(
      process.execPath,
      [tsc, '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', 'consumer.ts'],
      { cwd: consumer },
    ).catch((error: unknown) => error as { stdout: string });
    assert.equal(compiled.stdout, '');
    const ran = await run(process.execPath, ['consumer.js'], { cwd: consumer });
    assert.equal(ran.stdout, 'function function object\n');
  });
});

const CONSUMER = `
import { Batch } from 'batchbook';
import { MockProvider } from 'batchbook/testing';
import schema from 'batchbook/schema' with { type: 'json' };
import * as z from 'zod';

export function prepare(): Batch {
  return new Batch({ stateFile: './state', resultsDir: './output', maxConcurrent: 10 })
    .defaults({ model: 'claude-haiku-5-5', maxTokens: 500 })
    .addCostLimit({ usd: 15 })
    .onProgress((stats) => { console.log(stats.completed + stats.total); })
    .addJob({ file: 'invoice.pdf', prompt: 'Extract data', responseModel: z.object({ total: z.number() }) })
    .addJob({ messages: [{ role: 'user', content: 'Hello' }] });
}
console.log(typeof Batch, typeof MockProvider, typeof schema);
`;
