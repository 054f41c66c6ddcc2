import assert from 'node:assert/strict';
import { seededRandom } from '../support/engine.ts';
import { fakesGround, type KillGround } from '../support/kill/grounds.ts';
import {
  bundleDriver,
  choosePoints,
  eachCase,
  killAtEach,
  killAndResume,
  randomDeaths,
  undisturbedRun,
  type Death,
  type Undisturbed,
} from '../support/kill/killRun.ts';

const WORKERS = 2;
const RANDOM_KILLS = 12;
const RUNS_OF_DEATHS = 4;

describe('A driver of a mixed run through the SDKs of all three services, killed with SIGKILL (P1, P2, P3)', () => {
  let grounds: KillGround[] = [];
  let undisturbed: Undisturbed;

  before(async function () {
    this.timeout(60_000);
    const driver = await bundleDriver();
    grounds = await Promise.all(Array.from({ length: WORKERS }, () => fakesGround(driver)));
    const [ground] = grounds;
    assert.ok(ground !== undefined);
    undisturbed = await undisturbedRun(ground);
  });

  after(async () => {
    await Promise.all(grounds.map((ground) => ground.stop()));
  });

  /** Resolves to the cases in which every death came in time. */
  async function each<T extends readonly Death[]>(cases: readonly T[]): Promise<Set<T>> {
    const hit = new Set<T>();
    await eachCase(grounds, cases, async (ground, deaths) => {
      if ((await killAndResume(ground, deaths, undisturbed)) === deaths.length) hit.add(deaths);
    });
    return hit;
  }

  it('at every kind of point of its journal and its calls resumes to the results of the undisturbed run', async function () {
    this.timeout(300_000);
    for (const call of ['createBatch', 'getBatch', 'deleteArtifacts', 'findBatches'])
      assert.ok(undisturbed.always.has(`after ${call}`), call);
    const points = choosePoints(undisturbed.points, 0);
    assert.deepEqual(await killAtEach(points, undisturbed, each), []);
  });

  it('at random moments, also while it resumes, ends with the results of the undisturbed run', async function () {
    this.timeout(300_000);
    const random = seededRandom(23);
    const single = Array.from({ length: RANDOM_KILLS }, () => [
      { afterMs: Math.round(random() * undisturbed.ms) },
    ]);
    const many = Array.from({ length: RUNS_OF_DEATHS }, () => randomDeaths(random, undisturbed));
    assert.ok((await each([...single, ...many])).size > 0, 'some came in time');
  });
});
