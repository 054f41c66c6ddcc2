import assert from 'node:assert/strict';
import path from 'node:path';
import { realDisk, type Disk } from '../../../src/state/disk.ts';
import { inWorld, withProvider } from '../core/scenario.ts';

describe('The order in which things reach the disk', () => {
  it('is intent, flush, POST; results, flush, close, flush, delete (b-1)', () =>
    inWorld({ rows: 4, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
      const steps: string[] = [];
      await world.plan();
      const status = await world.resume({
        state: world.state(recording(steps)),
        ...withProvider(world, (provider) => ({
          createBatch: (payload, options) => {
            steps.push('POST');
            return provider.createBatch(payload, options);
          },
          deleteArtifacts: (id) => {
            steps.push('DELETE');
            return provider.deleteArtifacts(id);
          },
        })),
      });
      assert.equal(status.counts.ok, 4);
      const batch = [
        'journal batchIntended',
        'sync journal',
        'POST',
        'journal batchAccepted',
        'sync journal',
        'results',
        'journal rowsFinished',
        'sync results',
        'journal batchClosed',
        'sync journal',
        'DELETE',
        'journal artifactsDeleted',
      ];
      assert.deepEqual(steps.filter((step) => step !== 'journal batchState').slice(4), [
        ...batch,
        ...batch,
        'journal runEnded',
        'sync journal',
      ]);
    }));

  it('of a new run is plan, its flush, run.json, the folders, and then runCreated', () =>
    inWorld({ rows: 4 }, async (world) => {
      const steps: string[] = [];
      await world.plan(world.state(recording(steps)));
      assert.deepEqual(steps, [
        'syncDir .batchbook',
        'syncDir root',
        'plan',
        'sync plan',
        'write run.json',
        'syncDir run',
        'syncDir runs',
        'journal runCreated',
        'sync journal',
      ]);
    }));
});

function recording(steps: string[]): Disk {
  return {
    ...realDisk,
    openAppend: async (file) => {
      const handle = await realDisk.openAppend(file);
      const name = path.basename(file, '.jsonl');
      return {
        ...handle,
        append: async (bytes) => {
          const kind = /"e":"(\w+)"/.exec(Buffer.from(bytes).toString())?.[1];
          steps.push(name === 'journal' ? `journal ${kind ?? ''}` : name);
          await handle.append(bytes);
        },
        sync: async () => {
          await handle.sync();
          steps.push(`sync ${name}`);
        },
      };
    },
    writeSynced: async (file, bytes) => {
      await realDisk.writeSynced(file, bytes);
      steps.push(`write ${path.basename(file)}`);
    },
    syncDir: async (dir) => {
      await realDisk.syncDir(dir);
      const name = path.basename(dir);
      steps.push(
        `syncDir ${/^[0-9a-z]{26}$/.test(name) ? 'run' : name.startsWith('batchbook-test') ? 'root' : name}`,
      );
    },
  };
}
