import type { ServiceAccess } from '../../core/serviceAccess.ts';
import { SETTING_SCOPES, type Settings } from '../contributions.ts';
import { providerSettings } from '../providerSettings.ts';
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
        settings: () => providerSettings(settings),
        configured: (service) => {
          const setting = `${service}.baseUrl`;
          const baseUrl = isSetting(setting) ? settings(setting) : ''; // others have theirs in their own entry
          return { baseUrl, setBy: `the setting batchbook.${setting}` };
        },
        storedKey: (service, origin) => keys.get(service, origin),
      });
      return access.accessTo(name);
    },
  };
}

function isSetting(name: string): name is Extract<keyof Settings, `${string}.baseUrl`> {
  return Object.hasOwn(SETTING_SCOPES, name);
}
