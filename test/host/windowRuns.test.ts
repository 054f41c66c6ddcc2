import assert from 'node:assert/strict';
import type { RunsModel } from '../../src/host/runs/runsModel.ts';
import { WindowRuns } from '../../src/host/runs/windowRuns.ts';
import type { Agreement } from '../../src/workspace/consent.ts';
import type { RestOfRun } from '../../src/workspace/restOfRun.ts';
import type { ResumeOptions, Workspace } from '../../src/workspace/workspace.ts';

const RUN = '01m8ag0w15c3e604t4wa070e03';

/** A root whose one run nobody has agreed to. */
function strangeRoot(): { root: Workspace; resumed: string[] } {
  const resumed: string[] = [];
  const root = {
    resume: async (runId: string, { askConsent }: ResumeOptions) => {
      resumed.push(runId);
      assert.equal(await askConsent({} as RestOfRun), undefined);
      return undefined;
    },
  } as Partial<Workspace> as Workspace;
  return { root, resumed };
}

describe('A run that came with its folder, in a window', () => {
  it('is asked about once, whoever goes on with it meanwhile; a no is told to all of them, and asked again later', async () => {
    const answers: ((answer: Agreement | undefined) => void)[] = [];
    const runs = new WindowRuns({ touch: () => undefined } as Partial<RunsModel> as RunsModel, () => {
      const { promise, resolve } = Promise.withResolvers<Agreement | undefined>();
      answers.push(resolve);
      return promise;
    });
    const { root, resumed } = strangeRoot();
    const both = [runs.resume(root, RUN), runs.resume(root, RUN)];
    await Promise.resolve();
    assert.equal(answers.length, 1);
    answers[0]?.(undefined);
    assert.deepEqual(await Promise.all(both), [false, false]);
    const later = runs.resume(root, RUN);
    await Promise.resolve();
    assert.equal(answers.length, 2);
    answers[1]?.(undefined);
    assert.equal(await later, false);
    assert.deepEqual(resumed, [RUN, RUN]);
    runs.dispose();
  });
});
