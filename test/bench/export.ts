/** `npm run bench:export`: seconds and memory of an export of many rows, in every format. */
import { appendFileSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { ResultLocation } from '../../src/core/events.ts';
import { readResultAt } from '../../src/state/runReader.ts';
import { RESULT_FORMATS, exportResults } from '../../src/workspace/exportResults.ts';
import { Folder } from '../support/cli/folder.ts';
import { peakBytes } from '../support/memory/peak.ts';
import { resultSourceOf } from '../support/resultSource.ts';

const ROWS = 100_000;

await using folder = await Folder.with();
const file = folder.path('results.jsonl');
const locations: ResultLocation[] = [];
let [end, lines] = [0, ''];
for (let row = 0; row < ROWS; row++) {
  const parsedResponse = {
    vendor: { name: `Vendor ${String(row)}`, city: 'Bonn' },
    total: row / 100,
    lines: [
      { sku: 'a', n: 1 },
      { sku: 'b', n: 2 },
    ],
    note: 'A note of some length about this very invoice, as models write them. '.repeat(6),
  };
  const line = `${JSON.stringify({ row, outcome: 'ok', response: JSON.stringify(parsedResponse), parsedResponse })}\n`;
  const length = Buffer.byteLength(line);
  locations.push([end, length, crc32(line)]);
  end += length;
  lines += line;
  if (row % 1_000 < 999) continue;
  appendFileSync(file, lines);
  lines = '';
}
const fake = resultSourceOf(Array.from({ length: ROWS }, (_, i) => ({ source: `docs/${String(i)}.pdf` })));
const run = {
  ...fake,
  readResult: ([row]: ResultLocation) => readResultAt(file, locations[row] ?? [0, 0, 0]),
};
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
process.stdout.write(`${String(ROWS)} rows, ${mb(end)} of results; memory before: ${mb(peakBytes())}\n`);
for (const format of RESULT_FORMATS) {
  const begun = performance.now();
  const out = folder.path(`out.${format}`);
  await exportResults(run, format, out);
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(
    `${format.padEnd(6)} ${seconds} s, ${mb(statSync(out).size)}, peak memory ${mb(peakBytes())}\n`,
  );
}
