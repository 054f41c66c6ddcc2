import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Batch } from '../../src/index.ts';
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
});
