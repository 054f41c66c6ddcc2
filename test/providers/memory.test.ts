import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { startFake } from '../support/fakes/startFake.ts';
import { startRoundTrip } from '../support/memory/startRoundTrip.ts';

const ROWS = 50_000;
/** With the line break 4,000 bytes a row, 200 MB in all: nearly what OpenAI takes at a time. */
const ROW_BYTES = 3_999;
const ANSWER = 4_000;
/** The promise. */
const MOST_BYTES = 400_000_000;

for (const service of FAKE_SERVICES) {
  describe(`b-22 50,000 rows of 4 kB through the SDK of ${service.name}`, function () {
    this.timeout(240_000);

    it('and as many answers back need less than 400 MB of memory, and less than the body alone has', async () => {
      await using fake = await startFake(service.name, { fileLooks: 0, answerLength: ANSWER });
      const folder = await mkdtemp(path.join(tmpdir(), 'batchbook-memory-'));
      try {
        const { origin, key } = fake;
        const to = { service: service.name, origin, key, folder };
        // Of one row, to know what Node, the SDK and this project's code take for themselves.
        const bare = await startRoundTrip({ ...to, rows: 1, rowBytes: ROW_BYTES });
        const roundTrip = (): ReturnType<typeof startRoundTrip> =>
          startRoundTrip({ ...to, rows: ROWS, rowBytes: ROW_BYTES });
        let all = await roundTrip();
        assert.ok(all.peakBytes < MOST_BYTES, `${String(Math.round(all.peakBytes / 1e6))} MB`);
        // On a busy machine garbage is collected late. What it needs is what it can do with.
        if (all.peakBytes - bare.peakBytes >= all.bytes) all = await roundTrip();
        const [peak, idle] = [all, bare].map(({ peakBytes }) => Math.round(peakBytes / 1e6));
        process.stdout.write(
          `      ${service.name}: ${String(peak)} MB at the peak, ${String(idle)} MB for one row; ${(all.ms / 1000).toFixed(1)} s\n`,
        );
        assert.equal(all.rows, ROWS);
        assert.ok(all.bytes >= ROWS * ROW_BYTES && all.characters === ROWS * ANSWER);
        assert.ok(all.peakBytes < MOST_BYTES, `${String(peak)} MB`);
        assert.ok(
          all.peakBytes - bare.peakBytes < all.bytes,
          `${String(peak)} MB, ${String(idle)} MB for one row`,
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}
