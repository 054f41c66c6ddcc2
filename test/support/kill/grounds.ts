import type { MockLedger } from '../../../src/providers/mock/mockLedger.ts';
import type { WorldOptions } from '../engine.ts';
import { mergedLedgers } from '../fakes/fakeLedger.ts';
import { startFake } from '../fakes/startFake.ts';
import { startMockService, type RunningMockService } from '../mockService/startMockService.ts';
import {
  FAKES_SCENARIO,
  FAKE_FAULT,
  FAKE_PLAN,
  KILL_SERVICE,
  MOCK_SCENARIO,
  type Reach,
} from './scenario.ts';

/** What kills are made on: services in processes of their own, what is driven against them, and the driver. */
export interface KillGround {
  readonly name: string;
  /** As `bundleDriver` has made it. */
  readonly driver: string;
  readonly scenario: WorldOptions;
  readonly reach: Reach;
  /** Lets the services forget everything. */
  readonly reset: () => Promise<void>;
  /** What the services know and have billed, all together. */
  readonly ledger: () => Promise<MockLedger>;
  readonly stop: () => Promise<void>;
}

/** The pretend service of the project itself. */
export async function mockGround(
  driver: string,
): Promise<KillGround & { readonly service: RunningMockService }> {
  const service = await startMockService();
  return {
    name: 'the pretend service',
    driver,
    scenario: MOCK_SCENARIO,
    reach: { url: service.url },
    service,
    reset: () => service.reset(KILL_SERVICE),
    ledger: () => service.ledger(),
    stop: () => service.stop(),
  };
}

/** The fakes of all three services, reached through their own SDKs. */
export async function fakesGround(driver: string): Promise<KillGround> {
  const [anthropic, openai, gemini] = await Promise.all([
    startFake('anthropic'),
    startFake('openai'),
    startFake('gemini'),
  ]);
  const fakes = [anthropic, openai, gemini];
  const at = ({ origin, key }: (typeof fakes)[number]): { origin: string; key: string } => ({ origin, key });
  return {
    name: 'three services',
    driver,
    scenario: FAKES_SCENARIO,
    reach: { fakes: { anthropic: at(anthropic), openai: at(openai), gemini: at(gemini) } },
    reset: async () => {
      await Promise.all(
        fakes.map(async (fake) => {
          await fake.reset(FAKE_PLAN);
          await fake.fail(FAKE_FAULT);
        }),
      );
    },
    ledger: async () => mergedLedgers(await Promise.all(fakes.map((fake) => fake.ledger()))),
    stop: async () => {
      await Promise.all(fakes.map((fake) => fake[Symbol.asyncDispose]()));
    },
  };
}
