import type { RunRequest } from '../../../src/core/stateManager.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import type { WorldOptions } from '../engine.ts';
import type { FakePlan } from '../fakes/fakePlan.ts';
import type { Fault } from '../fakes/faults.ts';
import type { FakeName } from '../fakes/fakeServer.ts';
import type { FakeAddress } from '../fakes/worldOf.ts';
import type { SerialisableOptions } from '../mockService/startMockService.ts';

export const RUN_ID = '01k10000000000000000killed';

/** What the process that is killed drives against the pretend service. */
export const MOCK_SCENARIO: WorldOptions = {
  rows: 300,
  settings: { jobsPerBatch: 100, maxConcurrent: 2, limitNanoUsd: 60_000_000 },
};

/** That service: slow, shuffling, with failures, cut answers and a lost reply. */
export const KILL_SERVICE: SerialisableOptions = {
  validatingMs: 5,
  runningMs: 25,
  outcomes: { shares: { transient: 0.05, truncated: 0.03 }, shareAttempts: 1 },
  faults: { shuffled: true, lostReply: [2] },
};

/** What it drives through the services' own SDKs: a mixed run whose limit cuts it into waves. */
export const FAKES_SCENARIO: WorldOptions = {
  rows: 90,
  models: ['claude-haiku-5-5', 'gpt-6-luna', 'gemini-3.5-flash-lite'],
  settings: { jobsPerBatch: 10, maxConcurrent: 3, limitNanoUsd: 3_000_000 },
};

/**
 * Those services: slow, shuffling, with failures, cut answers, tokens of every class, a lost reply, and batches that
 * somebody else cancels.
 */
export const FAKE_PLAN: FakePlan = {
  runningMs: 25,
  cancelled: [1],
  done: { cancelled: 0.5 },
  fileLooks: 0,
  shares: { transient: 0.06, truncated: 0.06 },
  usage: { cacheRead: 0.25, thinking: 3 },
};
export const FAKE_FAULT: Fault = { on: 'create', kind: 'resetAfter', skip: 1 };

/** Where the services of a run are. */
export type Reach = { readonly url: string } | { readonly fakes: Readonly<Record<FakeName, FakeAddress>> };

/** A point in the life of a driver: the so-manieth time (from 1) that it comes to what the name says. */
export interface Point {
  readonly name: string;
  readonly nth: number;
}

export interface DriveArguments {
  readonly dir: string;
  readonly reach: Reach;
  readonly seed: number;
  /** Where the process ends or stops itself; absent: nowhere. */
  readonly at?: Point & { readonly signal: 'SIGKILL' | 'SIGSTOP' };
  /** Batches in flight at a time, when it plans the run; default: as the scenario has it. */
  readonly maxConcurrent?: number;
  /** How long its waits are, as a factor; default 0.002. */
  readonly pace?: number;
  readonly takeOver?: boolean;
  /** Left for the driver before it starts. */
  readonly requests?: readonly RunRequest[];
}

/** What a driver prints at its end: how far it came, or the code of the error that stopped it. */
export type DriveOutput = DriveReport | { readonly error: string };

export interface DriveReport {
  readonly points: readonly Point[];
  readonly status: RunStatus;
  readonly unconfirmedNanoUsd: number;
}
