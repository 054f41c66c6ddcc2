import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { FakeName } from '../fakes/fakeServer.ts';

/** What is brought where. */
export interface RoundTrip {
  readonly service: FakeName;
  readonly origin: string;
  readonly key: string;
  /** For the spooled body. */
  readonly folder: string;
  readonly rows: number;
  /** Of each encoded row. */
  readonly rowBytes: number;
}

/** What it came to. */
export interface RoundTripReport {
  readonly rows: number;
  /** Of the whole body. */
  readonly bytes: number;
  /** Of all answers. */
  readonly characters: number;
  readonly sentMs: number;
  readonly ms: number;
  /** The most memory until everything was sent. */
  readonly sentPeakBytes: number;
  /** The most memory until everything was read back. */
  readonly peakBytes: number;
}

/** Makes a round trip in a process of its own, of which nothing else is measured. */
export async function startRoundTrip(trip: RoundTrip): Promise<RoundTripReport> {
  const script = fileURLToPath(new URL('roundTrip.ts', import.meta.url));
  const { NODE_V8_COVERAGE: _uncounted, ...env } = process.env; // counting lines takes memory, too
  const child = spawn(process.execPath, [script, JSON.stringify(trip)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`The round trip ended with ${String(code)}: ${errors}`);
  return JSON.parse(out) as RoundTripReport;
}
