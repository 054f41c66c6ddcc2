import assert from 'node:assert/strict';
import { seededRandom } from '../support/engine.ts';
import {
  bundleDriver,
  killAndResume,
  undisturbedRun,
  type Death,
  type KillGround,
  type Undisturbed,
} from '../support/kill/killRun.ts';
import { startMockService } from '../support/mockService/startMockService.ts';

const WORKERS = 2;
const RANDOM_KILLS = 50;

describe('A driver killed with SIGKILL (P1, P2, P3)', () => {
  let grounds: KillGround[] = [];
  let undisturbed: Undisturbed;

  before(async function () {
    this.timeout(30_000);
    const driver = await bundleDriver();
    grounds = await Promise.all(
      Array.from({ length: WORKERS }, async () => ({ service: await startMockService(), driver })),
    );
    const [ground] = grounds;
    assert.ok(ground !== undefined);
    undisturbed = await undisturbedRun(ground);
  });

  after(async () => {
    await Promise.all(grounds.map(({ service }) => service.stop()));
  });

  /** Every case on the next free service. */
  async function each(cases: readonly (readonly Death[])[]): Promise<void> {
    const waiting = cases.entries();
    const worker = async (ground: KillGround): Promise<void> => {
      for (const [i, deaths] of waiting) {
        try {
          await killAndResume(ground, deaths, undisturbed);
        } catch (error) {
          throw new Error(`Case ${String(i)}, killed ${JSON.stringify(deaths)}`, { cause: error });
        }
      }
    };
    // All to their end, also when one fails: the next test uses the same services.
    const ends = await Promise.allSettled(grounds.map(worker));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  it('at every point of its journal resumes to the results of the undisturbed run', async function () {
    this.timeout(240_000);
    await each(undisturbed.points.map((_, i) => [{ atPoint: i + 1 }]));
  });

  it('at 50 random moments resumes to the results of the undisturbed run', async function () {
    this.timeout(120_000);
    const random = seededRandom(7);
    await each(
      Array.from({ length: RANDOM_KILLS }, () => [{ afterMs: Math.round(random() * undisturbed.ms) }]),
    );
  });

  it('three times in a row, and while it resumes, still ends with the results of the undisturbed run', async function () {
    this.timeout(60_000);
    const random = seededRandom(11);
    const point = (): Death => ({ atPoint: 1 + Math.floor(random() * undisturbed.points.length) });
    await each(Array.from({ length: 8 }, () => [point(), point(), point()]));
  });
});
