import assert from 'node:assert/strict';
import { endedResults } from '../../../src/core/assembleResult.ts';
import { ProviderError } from '../../../src/core/errors.ts';
import { inWorld, withProvider } from './scenario.ts';

const HOUR_MS = 3_600_000;
const CALLS = ['getBatch', 'createBatch', 'results'] as const;

describe('b-10 An hour without a network', () => {
  for (const call of CALLS)
    it(`from the first ${call} on: no row fails, no attempt is used, nothing is sent twice`, () =>
      inWorld({ rows: 12, settings: { jobsPerBatch: 4 } }, async (world) => {
        let until: number | undefined;
        let failures = 0;
        const offline = withProvider(world, (provider) => {
          const failing =
            (name: (typeof CALLS)[number]) =>
            (...args: never[]): unknown => {
              if (name === call) until ??= world.clock.monotonic() + HOUR_MS;
              if (until !== undefined && world.clock.monotonic() < until) {
                failures += 1;
                throw new ProviderError('network', provider.name, 'No network.');
              }
              return (provider[name] as (...all: never[]) => unknown)(...args);
            };
          return Object.fromEntries(CALLS.map((name) => [name, failing(name)]));
        });
        const status = await world.run(offline);
        assert.deepEqual([status.state, status.counts.ok], ['finished', 12], JSON.stringify(status.counts));
        assert.ok(failures > 3, String(failures));
        assert.equal(world.service.ledger().batches.length, 3);
        for (const { attempts } of endedResults(await world.state().readRun(world.runId)))
          assert.equal(attempts, 1);
      }));

  it('is told by the lease from its first failure to its end, once each, and by no line of the journal', () =>
    inWorld({ rows: 2 }, async (world) => {
      let until: number | undefined;
      const seen: (number | undefined)[] = [];
      const journal: number[] = [];
      const look = async (): Promise<void> => {
        const holder = await (await world.state().readRun(world.runId)).holder();
        if (seen.length === 0 || seen.at(-1) !== holder?.offlineSince) seen.push(holder?.offlineSince);
        if (holder?.offlineSince !== undefined) journal.push(await world.state().journalBytes(world.runId));
      };
      let began = 0;
      const failing = withProvider(world, (provider) => ({
        origin: 'http://pretend.test',
        getBatch: async (...args) => {
          await look();
          if (until === undefined) {
            began = world.clock.now();
            until = world.clock.monotonic() + HOUR_MS;
          }
          if (world.clock.monotonic() < until)
            throw new ProviderError('network', provider.name, 'No network.');
          return provider.getBatch(...args);
        },
      }));
      const status = await world.run(failing);
      assert.equal(status.state, 'finished');
      await look();
      assert.deepEqual(seen, [undefined, began, undefined]);
      assert.equal(new Set(journal).size, 1);
      assert.ok(journal.length > 3, String(journal.length));
    }));
});
