import assert from 'node:assert/strict';
import { systemClock } from '../../../src/core/clock.ts';
import { realDisk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import {
  startMockService,
  type RunningMockService,
  type SerialisableOptions,
} from '../mockService/startMockService.ts';
import {
  assertBilledOnce,
  assertNoRowInTwoLiveBatches,
  assertReadBeforeResent,
} from '../mockService/ledger.ts';
import { FAST, PATIENCE_MS, runCli, startCli, type RunningCli, type Said } from './cli.ts';
import type { Folder } from './folder.ts';
import { withMails } from './jobs.ts';

/** The next world's service, started while the one before is in use: starting one takes longer than most tests. */
let spare: Promise<RunningMockService> | undefined;

/** Ends the service that no test took; for `after`. */
export async function endSpareService(): Promise<void> {
  const unused = spare;
  spare = undefined;
  await (await unused)?.stop();
}

/** No batch is seen to end until `open()`: whatever a test does meanwhile, the run is still under way. */
export const GATED: SerialisableOptions = { runningMs: 50, faults: { pollUnavailable: 1_000_000 } };

/** A folder with a job for the pretend service, and that service in a process of its own. */
export class ServiceWorld implements AsyncDisposable {
  readonly folder: Folder;
  readonly service: RunningMockService;
  readonly #started: RunningCli[] = [];

  private constructor(folder: Folder, service: RunningMockService) {
    this.folder = folder;
    this.service = service;
  }

  /** Six rows unless told otherwise, in batches of two that run for `runningMs` (default 100). */
  static async with(
    service: SerialisableOptions = {},
    job: { readonly rows?: number; readonly changes?: Readonly<Record<string, unknown>> } = {},
  ): Promise<ServiceWorld> {
    const [folder, running] = await Promise.all([
      withMails(job.rows ?? 6, job.changes),
      spare ?? startMockService(),
    ]);
    spare = startMockService();
    await running.configure({ runningMs: 100, ...service });
    return new ServiceWorld(folder, running);
  }

  /** `batchbook ...args`, quick, to its end. */
  run(...args: readonly string[]): Promise<Said> {
    return runCli(this.folder, [...args, ...FAST], { service: this.service.url });
  }

  /** The same, going on. */
  start(...args: readonly string[]): RunningCli {
    const running = startCli(this.folder, [...args, ...FAST], { service: this.service.url });
    running.stdin.end();
    this.#started.push(running);
    return running;
  }

  /** Resolves when the service has this many batches. */
  hasBatches(count: number): Promise<void> {
    return this.#comes(`has ${String(count)} batches`, async () => {
      return (await this.service.ledger()).batches.length >= count;
    });
  }

  /** Resolves when a process drives a run that is agreed to: a signal to it stops that run from here on. */
  async isDriven(): Promise<void> {
    const state = new FileStateManager({
      dir: this.folder.path('.batchbook'),
      disk: realDisk,
      clock: systemClock,
    });
    await this.#comes('is driven', async () => {
      const runId = (await state.listRuns()).at(-1);
      const run = runId === undefined ? undefined : await state.readRun(runId).catch(() => undefined);
      const holder = await run?.holder();
      return holder?.liveness === 'alive' && run?.ledger.confirmation !== undefined;
    });
  }

  /** Resolves when this many of the processes that were started here watch a run of another. */
  hasWatchers(count: number): Promise<void> {
    return this.#comes(`has ${String(count)} watchers`, () => {
      const watching = this.#started.filter((one) => one.heardSoFar.includes('Watching it'));
      return Promise.resolve(watching.length >= count);
    });
  }

  /** Fails with what every process has said. */
  async #comes(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!(await isSo())) {
      if (late.aborted)
        assert.fail(`Never ${what}:\n${this.#started.map((one) => one.heardSoFar).join('\n---\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Lets the batches of a world that began `GATED` be seen to end. */
  open(): Promise<void> {
    return this.service.configure({ faults: { pollUnavailable: 0 } });
  }

  /** Promise P2, by the service's own books. */
  async assertClean(): Promise<void> {
    const ledger = await this.service.ledger();
    assertNoRowInTwoLiveBatches(ledger);
    assertReadBeforeResent(ledger);
    assertBilledOnce(ledger, { allowRetries: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#started) running.kill('SIGKILL'); // of those that a failed test has left
    await Promise.all(this.#started.map(({ ended }) => ended));
    await this.service.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}
