import { scaledClock, systemClock } from '../../../src/core/clock.ts';
import type { ServiceAccess } from '../../../src/core/serviceAccess.ts';
import { World, type WorldOptions } from '../engine.ts';
import type { FakeName } from './fakeServer.ts';
import { fakeAccess, fakeService } from './services.ts';

/** Where a fake is, as far as its clients must know. */
export interface FakeAddress {
  readonly origin: string;
  readonly key: string;
}

/** Services by name, each at its fake. */
export function accessToFakes(at: Partial<Readonly<Record<FakeName, FakeAddress>>>): ServiceAccess {
  return {
    accessTo: (name) => {
      const fake = at[name as FakeName];
      // One that no test asks for has no key, so that nothing is sent to it.
      const { origin, key } = fake ?? { origin: 'http://127.0.0.1:9', key: '' };
      const access = fakeAccess(fakeService(name as FakeName), origin, key);
      return Promise.resolve(fake === undefined ? { ...access, apiKey: undefined } : access);
    },
  };
}

/** A run of the engine through the services' own SDKs at fakes, at a pace that a test can wait for. */
export function worldOf(
  at: Partial<Readonly<Record<FakeName, FakeAddress>>>,
  options: WorldOptions,
): Promise<World> {
  return World.make({ clock: scaledClock(systemClock, 0.002), access: accessToFakes(at), ...options });
}
