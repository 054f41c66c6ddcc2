/**
 * A process that brings many rows through a service's own SDK to its fake and back, as the engine does with one batch, and
 * prints how much memory it needed at its worst. Everything that it needs is in its one argument, a `RoundTrip` as JSON.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { customIdOf, ordinalOf } from '../../../src/core/ids.ts';
import type { Provider } from '../../../src/core/provider.ts';
import { fakeService, providerAt } from '../fakes/services.ts';
import { NEVER } from '../mockService/pretendBatch.ts';
import { peakBytes, watchMemory } from './peak.ts';
import type { RoundTrip, RoundTripReport } from './startRoundTrip.ts';

const NONCE = 'aaaaaaaa';

const trip = JSON.parse(process.argv[2] ?? '') as RoundTrip;
const service = fakeService(trip.service);
const provider = providerAt(service, trip);
const stopWatching = watchMemory();
const begun = performance.now();

const payload = await spool(provider, path.join(trip.folder, 'payload'));
const { batchId } = await provider.createBatch(payload, {
  nonce: NONCE,
  rows: [[0, trip.rows - 1]],
  signal: NEVER,
});
const sentMs = performance.now() - begun;
const sentPeak = peakBytes();
while ((await provider.getBatch(batchId, NEVER)).state !== 'ended');
const seen = new Uint8Array(trip.rows);
let rows = 0;
let characters = 0;
for await (const { customId, outcome, response } of provider.results(batchId, NEVER)) {
  const ordinal = ordinalOf(NONCE, customId ?? '') ?? -1;
  if (outcome !== 'ok' || seen[ordinal] !== 0) throw new Error(`${String(customId)} is ${outcome}`);
  seen[ordinal] = 1;
  rows += 1;
  characters += response?.length ?? 0;
}
stopWatching();
process.stdout.write(
  `${JSON.stringify({
    rows,
    bytes: payload.bytes,
    characters,
    sentMs,
    ms: performance.now() - begun,
    sentPeakBytes: sentPeak,
    peakBytes: peakBytes(),
  } satisfies RoundTripReport)}\n`,
);

/** The body of one batch, written row by row, each row of `rowBytes` bytes. */
async function spool(
  to: Provider,
  file: string,
): Promise<{ readonly path: string; readonly bytes: number; readonly rows: number; readonly model: string }> {
  const { model } = service;
  const { head, separator, tail } = to.framing;
  const out = createWriteStream(file);
  const write = async (text: string): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain');
  };
  const encoded = (ordinal: number, prompt: string): Promise<string> =>
    to.encodeRow({ id: String(ordinal), model, maxTokens: 2_000, prompt }, customIdOf(NONCE, ordinal));
  await write(head);
  for (let i = 0; i < trip.rows; i++) {
    const question = `Question ${String(i)} `;
    const bare = Buffer.byteLength(await encoded(i, question));
    const row = await encoded(i, question.padEnd(question.length + trip.rowBytes - bare, 'x'));
    await write(`${i === 0 ? '' : separator}${row}`);
  }
  out.end(tail);
  await once(out, 'close');
  return { path: file, bytes: (await stat(file)).size, rows: trip.rows, model };
}
