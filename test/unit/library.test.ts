import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Batch, type LibraryOptions } from '../../src/index.ts';
import { makeWorkspace, removeWorkspaces } from './jobfile/workspace.ts';

describe('The library', () => {
  after(removeWorkspaces);

  it('makes the folder for its results, as in the sample of the README', async () => {
    const root = await makeWorkspace({ 'report.md': 'One thing happened. Then another. That was all.' });
    const resultsDir = path.join(root, 'deep', 'output');
    const run = await new Batch({ stateFile: path.join(root, 'state'), resultsDir })
      .defaults({ model: 'offline-extractive', maxTokens: 500 })
      .addCostLimit({ usd: 15 })
      .addJob({ id: 'report', file: path.join(root, 'report.md'), prompt: 'Summarize in three sentences.' })
      .run({ wait: true });
    assert.equal(run.status().counts.ok, 1, JSON.stringify(run.status()));
    assert.deepEqual(await readdir(resultsDir), ['report.json']);
    assert.match(await readFile(path.join(resultsDir, 'report.json'), 'utf8'), /"status": "ok"/);
  });

  it('sends nothing and begins no run where the folder for its results cannot be made', async () => {
    const root = await makeWorkspace();
    await writeFile(path.join(root, 'taken'), 'a file');
    const stateFile = path.join(root, 'state');
    const batch = new Batch({ stateFile, resultsDir: path.join(root, 'taken', 'output') })
      .defaults({ model: 'offline-extractive' })
      .addJob({ prompt: 'Anything.' });
    await assert.rejects(batch.run(), { code: 'disk', message: /taken\/output .* Name another resultsDir/s });
    assert.deepEqual(await readdir(root), ['taken']);
  });

  it('refuses options that are missing, unknown or out of bounds, before anything is written', async () => {
    const root = await makeWorkspace();
    const stateFile = path.join(root, 'state');
    for (const [options, message] of [
      [undefined, /^The options of a batch must be an object, not undefined\.$/],
      [{}, /^The options of a batch: "stateFile" is missing\.$/],
      [{ stateFile: '' }, /"stateFile" must not be empty/],
      [{ stateFile, maxConcurrent: 0 }, /"maxConcurrent" must be at least 1, not 0/],
      [{ stateFile, maxConcurrent: 1.5 }, /"maxConcurrent" must be a whole number, not 1\.5/],
      [{ stateFile, maxConcurrent: NaN }, /"maxConcurrent" .* not NaN/],
      [{ stateFile, jobsPerBatch: -1 }, /"jobsPerBatch" must be at least 1, not -1/],
      [{ stateFile, jobsPerBatch: NaN }, /jobsPerBatch is "auto"/],
      [{ stateFile, probe: 'yes' }, /probe is "auto", true or false/],
      [{ stateFile, retry: { invalid: -1 } }, /^The options of a batch, retry: "invalid" must be at least 0/],
      [{ stateFile, retry: { sometimes: 1 } }, /There is no key "sometimes"/],
      [{ stateFile, maxConcurent: 5 }, /"maxConcurent" here\. Did you mean "maxConcurrent"/],
    ] as const)
      assert.throws(() => new Batch(options as LibraryOptions), {
        name: 'ValidationError',
        code: 'validation',
        message,
      });
    assert.deepEqual(await readdir(root), []);
  });

  it('takes an option that is set to undefined for one that is not set', async () => {
    const root = await makeWorkspace();
    const unset = { maxConcurrent: undefined, retry: { invalid: undefined }, providers: undefined };
    const options = { stateFile: path.join(root, 'state'), ...unset } as unknown as LibraryOptions;
    const make = (): Batch =>
      new Batch(options).defaults({ model: 'offline-extractive' }).addJob({ prompt: 'Anything. Else.' });
    await make().run({ wait: true });
    assert.equal((await make().run({ wait: true })).status().counts.ok, 1);
  });
});
