import type { ServiceAccess } from '../../core/serviceAccess.ts';
import type { Settings } from '../contributions.ts';
import type { ReadSettings } from '../settings.ts';
import type { SecretKeys } from './secretKeys.ts';

export interface HostAccessDeps {
  readonly keys: SecretKeys;
  readonly settings: ReadSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Services as this window has them: the person's settings, then the environment; keys from the key store, then from there. */
export function hostAccess({ keys, settings, env }: HostAccessDeps): ServiceAccess {
  return {
    accessTo: async (name) => {
      const { createServiceAccess } = await import('../../workspace/access.ts');
      const access = createServiceAccess({
        env,
        configured: (service) => {
          const setting = `${service}.baseUrl` as Extract<keyof Settings, `${string}.baseUrl`>;
          return { baseUrl: settings(setting), setBy: `the setting batchbook.${setting}` };
        },
        storedKey: (service, origin) => keys.get(service, origin),
      });
      return access.accessTo(name);
    },
  };
}
