import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BatchbookError } from '../../../src/core/errors.ts';
import { realDisk, type Disk } from '../../../src/state/disk.ts';
import type { World } from '../../support/engine.ts';
import { inWorld } from '../core/scenario.ts';

const OPTIONS = { rows: 6, settings: { jobsPerBatch: 2, maxConcurrent: 1 } };

/** A disk of which nothing can be written from an operation on; an append there comes half. */
function endingDisk(
  from: number,
  code: 'ENOSPC' | 'EROFS' | 'EIO',
): Disk & { readonly operations: () => number } {
  let done = 0;
  const fails = async (half?: () => Promise<void>): Promise<void> => {
    done += 1;
    if (done < from) return;
    if (done === from) await half?.();
    throw Object.assign(new Error(`${code}: as the test has it`), { code });
  };
  return {
    ...realDisk,
    operations: () => done,
    openAppend: async (file) => {
      const handle = await realDisk.openAppend(file);
      return {
        ...handle,
        append: async (bytes) => {
          await fails(() => handle.append(bytes.subarray(0, bytes.length >> 1)));
          await handle.append(bytes);
        },
        sync: async () => {
          await fails();
          await handle.sync();
        },
      };
    },
    writeSynced: async (file, bytes) => {
      await fails();
      await realDisk.writeSynced(file, bytes);
    },
    mkdir: async (dir) => {
      await fails();
      await realDisk.mkdir(dir);
    },
  };
}

/** Drives on with a disk that has room again, and says what the person would. */
async function mended(world: World): Promise<void> {
  let status = await world.resume();
  if (status.state === 'needsDecision') {
    await world.state().request(world.runId, { kind: 'resend' });
    status = await world.resume();
  }
  assert.deepEqual([status.state, status.counts.ok], ['finished', 6], status.reason);
  const rows = world.service.ledger().batches.flatMap((batch) => batch.rows.map(({ ordinal }) => ordinal));
  assert.deepEqual(rows.toSorted(), [0, 1, 2, 3, 4, 5], 'every row was sent once');
}

function withCode(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof BatchbookError && error.code === code && message.test(error.userMessage);
}

describe('A disk that takes nothing more', function () {
  this.timeout(60_000);

  for (const code of ['ENOSPC', 'EROFS', 'EIO'] as const)
    it(`(${code}), from whatever operation of a run on: a clear error, nothing overwritten or sent twice, resumable`, async () => {
      const whole = endingDisk(Infinity, code);
      await inWorld(OPTIONS, async (world) => {
        await world.plan();
        await world.resume({ state: world.state(whole) });
      });
      const operations = whole.operations();
      assert.ok(operations > 20, String(operations));
      for (let from = 1; from <= operations; from++)
        await inWorld(OPTIONS, async (world) => {
          await world.plan();
          await assert.rejects(
            world.resume({ state: world.state(endingDisk(from, code)) }),
            (error) =>
              error instanceof BatchbookError && error.code === 'disk' && error.userMessage.includes(code),
            `operation ${String(from)}`,
          );
          await mended(world);
        });
    });

  it('while a run is made: nothing was sent, and it is made anew', async () => {
    const whole = endingDisk(Infinity, 'ENOSPC');
    await inWorld(OPTIONS, (world) => world.plan(world.state(whole)));
    for (let from = 1; from <= whole.operations(); from++)
      await inWorld(OPTIONS, async (world) => {
        await assert.rejects(
          world.plan(world.state(endingDisk(from, 'ENOSPC'))),
          withCode('disk', /ENOSPC.*Nothing was sent/),
        );
        await rm(path.join(world.stateDir, 'runs', world.runId), { recursive: true, force: true });
        await world.plan();
        await mended(world);
      });
  });

  it('while a request is spooled: it was not sent, and is when that is mended', () =>
    inWorld(OPTIONS, async (world) => {
      await world.plan();
      const payloads = path.join(world.stateDir, 'runs', world.runId, 'payload');
      await rm(payloads, { recursive: true, force: true });
      await writeFile(payloads, 'I am in the way.');
      await assert.rejects(world.resume(), withCode('disk', /cannot be spooled .* It was not sent/));
      assert.equal(world.service.ledger().batches.length, 0);
      await rm(payloads);
      await mkdir(payloads);
      await mended(world);
    }));

  it('for outputs: the answers are kept, and are written when that is mended', () =>
    inWorld(OPTIONS, async (world) => {
      await world.plan();
      let full = true;
      const written = new Set<string>();
      const outputs = {
        write: ({ row }: { readonly row: { readonly id: string } }) => {
          if (full)
            return Promise.reject(new BatchbookError('disk', `out/${row.id} cannot be written: ENOSPC`));
          written.add(row.id);
          return Promise.resolve({ kind: 'written', path: `out/${row.id}`, sha256: '0'.repeat(64) } as const);
        },
      };
      await assert.rejects(world.resume({ outputs }), withCode('disk', /cannot be written: ENOSPC/));
      full = false;
      const status = await world.resume({ outputs });
      assert.equal(status.counts.ok, 6);
      assert.equal(written.size, 6);
      assert.equal(world.service.ledger().batches.length, 3);
    }));
});
