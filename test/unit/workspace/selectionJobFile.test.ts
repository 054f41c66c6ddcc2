import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../../../src/core/clock.ts';
import { parseJobFile } from '../../../src/jobfile/parse.ts';
import { refusedOutput } from '../../../src/jobfile/outputPaths.ts';
import { createServiceAccess } from '../../../src/workspace/access.ts';
import { openWorkspace } from '../../../src/workspace/openWorkspace.ts';
import { JOB_TEMPLATES, newJobFileText } from '../../../src/workspace/newJobFile.ts';
import { jobFileOfSelection } from '../../../src/workspace/selectionJobFile.ts';
import { writeSample } from '../../../src/workspace/sample.ts';
import { Folder } from '../../support/cli/folder.ts';

const SELECTION = {
  files: ['a.md', 'docs'],
  prompt: 'Summarize this text.',
  model: 'offline-extractive',
  costLimitUsd: 5,
  title: 'Summaries',
  name: 'summaries',
};
const FILES = { 'a.md': 'A text of its own.', 'docs/b.md': 'Another text.', 'docs/c.txt': 'A third text.' };

async function planOf(folder: Folder, jobFile: string): Promise<readonly string[]> {
  const root = await openWorkspace({
    cwd: folder.root,
    folder: folder.root,
    clock: systemClock,
    kind: 'window',
    access: createServiceAccess({ env: {} }),
  });
  return (await root.plan(jobFile, { all: false })).rows.map(({ source }) => source);
}

describe('The job file of selected files', () => {
  it('is valid and has a row for each file, those of folders included', async () => {
    await using folder = await Folder.with(FILES);
    const file = await jobFileOfSelection(folder.root, SELECTION);
    assert.equal(path.basename(file), 'summaries.batch.json');
    assert.deepEqual(await planOf(folder, file), ['a.md', 'docs/b.md', 'docs/c.txt']);
  });

  it('is the one that is there when the same is asked of the same files, whatever their order', async () => {
    await using folder = await Folder.with(FILES);
    const first = await jobFileOfSelection(folder.root, SELECTION);
    const before = await folder.tree();
    const again = await jobFileOfSelection(folder.root, {
      ...SELECTION,
      files: ['docs', 'a.md', 'docs/b.md'],
    });
    assert.equal(again, first);
    assert.deepEqual(await folder.tree(), before);
  });

  it('is another one when the prompt, the model or the files differ, and no existing one is changed', async () => {
    await using folder = await Folder.with(FILES);
    const first = await jobFileOfSelection(folder.root, SELECTION);
    const text = await folder.read('summaries.batch.json');
    const others = [{ prompt: 'Translate.' }, { model: 'other' }, { files: ['a.md'] }];
    const names = new Set([first]);
    for (const change of others)
      names.add(await jobFileOfSelection(folder.root, { ...SELECTION, ...change }));
    assert.equal(names.size, 4);
    assert.equal(await folder.read('summaries.batch.json'), text);
  });

  it('keeps what somebody changed in it since, and uses it', async () => {
    await using folder = await Folder.with(FILES);
    const file = await jobFileOfSelection(folder.root, SELECTION);
    const changed = (await folder.read('summaries.batch.json')).replace(
      '"costLimitUsd": 5',
      '"costLimitUsd": 1',
    );
    await folder.write({ 'summaries.batch.json': `// mine\n${changed}` });
    assert.equal(await jobFileOfSelection(folder.root, SELECTION), file);
    assert.match(await folder.read('summaries.batch.json'), /^\/\/ mine[^]*"costLimitUsd": 1/);
  });

  it('leaves a file of that name alone that is no job file', async () => {
    await using folder = await Folder.with({ ...FILES, 'summaries.batch.json': 'not JSON' });
    const file = await jobFileOfSelection(folder.root, SELECTION);
    assert.equal(path.basename(file), 'summaries-2.batch.json');
    assert.equal(await folder.read('summaries.batch.json'), 'not JSON');
  });

  it('means each file by its very name, whatever characters are in it', async () => {
    const name = fc
      .stringMatching(/^[a-z !{}[\]()*?,+@-]{1,12}$/)
      .filter((text) => !/^\s*$|^\.+$/.test(text) && refusedOutput(`${text}.md`) === undefined);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (names) => {
        const files = names.map((n) => `${n}.md`);
        await using folder = await Folder.with({
          'other.md': 'Not selected.',
          ...Object.fromEntries(files.map((file) => [file, `Text of ${file}.`])),
        });
        const file = await jobFileOfSelection(folder.root, { ...SELECTION, files });
        assert.deepEqual([...(await planOf(folder, file))].sort(), [...files].sort());
      }),
      { numRuns: 25 },
    );
  });
});

describe('A job file to begin with', () => {
  it('is valid, whatever its template, title and model', () => {
    for (const template of JOB_TEMPLATES)
      for (const title of ['job', 'Mary "Molly" \\ <b>', 'line\nbreak'])
        for (const model of ['offline-extractive', 'gpt-6-luna']) {
          const parsed = parseJobFile(newJobFileText({ title, template, model, costLimitUsd: 5 }), 'x');
          assert.ok(parsed.ok, JSON.stringify(parsed));
          assert.equal(parsed.jobFile.title, title);
          assert.deepEqual(parsed.warnings, []);
        }
  });

  for (const template of JOB_TEMPLATES)
    it(`from the template ${template} can be planned as it is, with the offline model where that can do it`, async () => {
      await using folder = await Folder.with({ 'a.md': 'A text.', 'src/b.ts': 'let b = 1;' });
      for (const model of ['offline-extractive', 'gpt-6-luna', 'gemini-3.5-flash-lite']) {
        const text = newJobFileText({ title: 'Job', template, model, costLimitUsd: 5 });
        await folder.write({ 'job.batch.json': text });
        const plan = await planOf(folder, folder.path('job.batch.json'));
        assert.ok(plan.length > 0, template);
        if (model === 'offline-extractive')
          assert.equal(
            text.includes('"defaults": { "model": "offline-extractive"'),
            ['summarize', 'compare'].includes(template),
          );
      }
    });

  it('of the sample plans to its three texts, and is not replaced where it was changed', async () => {
    await using folder = await Folder.with();
    const file = await writeSample(folder.root);
    assert.equal((await planOf(folder, file)).length, 3);
    await folder.write({ 'batchbook-sample/sample.batch.json': '{}' });
    await writeSample(folder.root);
    assert.equal(await folder.read('batchbook-sample/sample.batch.json'), '{}');
  });
});
