import assert from 'node:assert/strict';
import { seededRandom } from '../support/engine.ts';
import { mockGround, type KillGround } from '../support/kill/grounds.ts';
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
const RANDOM_KILLS = 50;
/** Every distinct point, and so many of those that come again that there are about this many. */
const POINTS = 70;

describe('A driver killed with SIGKILL (P1, P2, P3)', () => {
  let grounds: KillGround[] = [];
  let undisturbed: Undisturbed;

  before(async function () {
    this.timeout(30_000);
    const driver = await bundleDriver();
    grounds = await Promise.all(Array.from({ length: WORKERS }, () => mockGround(driver)));
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
    this.timeout(240_000);
    const points = choosePoints(undisturbed.points, POINTS);
    assert.deepEqual(await killAtEach(points, undisturbed, each), []);
  });

  it('at 50 random moments resumes to the results of the undisturbed run', async function () {
    this.timeout(300_000);
    const random = seededRandom(7);
    await each(
      Array.from({ length: RANDOM_KILLS }, () => [{ afterMs: Math.round(random() * undisturbed.ms) }]),
    );
  });

  it('several times in a row, and while it resumes, still ends with the results of the undisturbed run', async function () {
    this.timeout(180_000);
    const random = seededRandom(11);
    await each(
      Array.from({ length: 8 }, () => [
        ...randomDeaths(random, undisturbed),
        ...randomDeaths(random, undisturbed),
      ]),
    );
  });

  it('while it carries out what the person decided does so once', async function () {
    this.timeout(180_000);
    const lost: Death = { atPoint: { name: 'before createBatch', nth: 2 } };
    const points = ['torn', 'appended', 'synced'].map((step) => `${step} journal.jsonl batchAbandoned`);
    await eachCase(grounds, [...points, 'before createBatch'], async (ground, name) => {
      const death: Death = { atPoint: { name, nth: 1 } };
      await killAndResume(ground, [lost], undisturbed, [death, death]);
    });
  });
});
