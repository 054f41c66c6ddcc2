import assert from 'node:assert/strict';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { AgreedRuns, agreedRunsFile, type RunPlace } from '../../../src/workspace/agreedRuns.ts';
import { Folder } from '../../support/cli/folder.ts';

const RUN = '01m8ag0w15c3e604t4wa070e03';
const OTHER = '01m8ag0w15c3e604t4wa070e04';

async function withRuns(): Promise<{ folder: Folder; place: (runId: string) => RunPlace; file: string }> {
  const files = (runId: string): Record<string, string> => ({
    [`.batchbook/runs/${runId}/run.json`]: `{"runId":"${runId}"}`,
    [`.batchbook/runs/${runId}/plan.jsonl`]: '{}\n',
  });
  const folder = await Folder.with({ ...files(RUN), ...files(OTHER) });
  const place = (runId: string): RunPlace => ({
    root: folder.root,
    stateDir: folder.path('.batchbook'),
    runId,
  });
  return { folder, place, file: path.join(path.dirname(folder.root), 'person/batchbook/agreed-runs') };
}

describe('What a person has agreed to', () => {
  it('is known to every process of theirs, run by run, and to nobody else', async () => {
    const { folder, place, file } = await withRuns();
    await using _gone = folder;
    const agreed = new AgreedRuns(file);
    assert.equal(await agreed.has(place(RUN)), false);
    await Promise.all([1, 2, 3].map(() => new AgreedRuns(file).add(place(RUN))));
    assert.equal(await new AgreedRuns(file).has(place(RUN)), true);
    assert.equal(await agreed.has(place(OTHER)), false);
    await agreed.add(place(OTHER));
    assert.equal(await agreed.has(place(OTHER)), true);
    if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o077, 0);
    assert.match(await readFile(file, 'utf8'), new RegExp(`^[0-9a-f]{64} ${RUN} "`));
  });

  it('is kept once, whatever a crash has left at the end of the file', async () => {
    const { folder, place, file } = await withRuns();
    await using _gone = folder;
    const agreed = new AgreedRuns(file);
    await agreed.add(place(RUN));
    const before = await readFile(file, 'utf8');
    await agreed.add(place(RUN));
    assert.equal(await readFile(file, 'utf8'), before);
    await appendFile(file, 'torn');
    await agreed.add(place(OTHER));
    assert.equal(await agreed.has(place(RUN)), true);
    assert.equal(await agreed.has(place(OTHER)), true);
  });

  it('is nothing where nothing can be kept or read, and that is no error', async () => {
    const { folder, place, file } = await withRuns();
    await using _gone = folder;
    await writeFile(path.join(path.dirname(folder.root), 'person'), 'a file where a folder should be');
    for (const agreed of [new AgreedRuns(undefined), new AgreedRuns(file)]) {
      await agreed.add(place(RUN));
      assert.equal(await agreed.has(place(RUN)), false);
    }
  });

  it('does not hold for a run that is not there, or that a name of a folder speaks for', async () => {
    const { folder, place, file } = await withRuns();
    await using _gone = folder;
    const agreed = new AgreedRuns(file);
    await agreed.add(place(RUN));
    const fingerprint = (await readFile(file, 'utf8')).split(' ')[0] ?? '';
    await writeFile(file, `0 ${OTHER} "/home/${fingerprint} "\n`);
    assert.equal(await agreed.has(place(RUN)), false);
    assert.equal(await agreed.has(place('01m8ag0w15c3e604t4wa070e05')), false);
  });

  it('is kept where each system keeps such things', () => {
    const home = homedir();
    const cases: [Record<string, string>, NodeJS.Platform, string][] = [
      [{}, 'linux', path.join(home, '.local/state/batchbook/agreed-runs')],
      [{}, 'darwin', path.join(home, 'Library/Application Support/batchbook/agreed-runs')],
      [{}, 'win32', path.join(home, 'AppData/Local/batchbook/agreed-runs')],
      [{ LOCALAPPDATA: '/local' }, 'win32', path.join('/local/batchbook/agreed-runs')],
      [{ XDG_STATE_HOME: '/state' }, 'darwin', path.join('/state/batchbook/agreed-runs')],
      [{ XDG_STATE_HOME: 'relative' }, 'linux', path.join(home, '.local/state/batchbook/agreed-runs')],
    ];
    for (const [env, platform, file] of cases) assert.equal(agreedRunsFile(env, platform), file);
  });
});
