import { env, l10n, Uri, window } from 'vscode';
import { keyFingerprint, type Access, type ServiceAccess } from '../../core/serviceAccess.ts';
import type { SecretKeys } from './secretKeys.ts';

export interface SetApiKeyDeps {
  readonly keys: SecretKeys;
  readonly access: ServiceAccess;
}

/** *Set API Key…*: which service, then the key for the origin where it is reached. It goes into the key store only. */
export async function setApiKey({ keys, access }: SetApiKeyDeps): Promise<void> {
  const { listServices } = await import('../../workspace/access.ts');
  const items = await Promise.all(
    listServices().map(async (service) => {
      const reached = await access.accessTo(service.name);
      return {
        label: service.title,
        description: reached.origin,
        detail: stateOf(reached),
        service,
        reached,
      };
    }),
  );
  const picked = await window.showQuickPick(items, {
    title: l10n.t('API key of which service?'),
    matchOnDescription: true,
  });
  if (picked === undefined) return;
  const { service, reached } = picked;
  const action = reached.keySource === 'stored' ? await chooseAction() : 'set';
  if (action === undefined) return;
  if (action === 'remove') {
    await keys.remove(service.name, reached.origin);
    void window.showInformationMessage(
      l10n.t('The key of {0} for {1} is removed from the key store.', service.title, reached.origin),
    );
    return;
  }
  const apiKey = await window.showInputBox({
    title: l10n.t('API key of {0} for {1}', service.title, reached.origin),
    prompt: l10n.t(
      'Kept in the system’s key store and sent to {0} only. Keys are made at {1}.',
      reached.origin,
      service.keysPage,
    ),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => problemOf(text),
  });
  if (apiKey === undefined) return;
  const key = apiKey.trim();
  if (!service.keyPrefixes.some((prefix) => key.startsWith(prefix)) && !(await storeAnyway(service))) return;
  await keys.set(service.name, reached.origin, key);
  void window.showInformationMessage(
    l10n.t(
      'The key of {0} is kept for {1} (fingerprint {2}).',
      service.title,
      reached.origin,
      keyFingerprint(key),
    ),
  );
}

function stateOf({ keySource, isVendor }: Access): string {
  const key =
    keySource === 'stored'
      ? l10n.t('Key in the key store')
      : keySource === 'environment'
        ? l10n.t('Key from the environment')
        : l10n.t('No key');
  return isVendor ? key : l10n.t('{0}; not the vendor’s own address', key);
}

async function chooseAction(): Promise<'set' | 'remove' | undefined> {
  const picked = await window.showQuickPick(
    [
      { label: l10n.t('Replace the Key…'), action: 'set' as const },
      { label: l10n.t('Remove the Key'), action: 'remove' as const },
    ],
    { title: l10n.t('There is a key already') },
  );
  return picked?.action;
}

function problemOf(text: string): string | undefined {
  if (text.trim() === '') return l10n.t('Paste the key.');
  // Header values hold visible ASCII only; what was copied with a line break or a bullet is not the key.
  if (!/^[\x21-\x7e]+$/.test(text.trim()))
    return l10n.t('A key is one word of plain letters, digits and signs.');
  return undefined;
}

async function storeAnyway(service: {
  readonly title: string;
  readonly keyPrefixes: readonly string[];
  readonly keysPage: string;
}): Promise<boolean> {
  const store = l10n.t('Keep It Anyway');
  const page = l10n.t('Open the Keys Page');
  const choice = await window.showWarningMessage(
    l10n.t('This does not look like a key of {0}.', service.title),
    {
      modal: true,
      detail: l10n.t(
        'Its keys begin with {0}. A key of another service would be sent to {1}.',
        service.keyPrefixes.join(', '),
        service.title,
      ),
    },
    store,
    page,
  );
  if (choice === page) await env.openExternal(Uri.parse(service.keysPage));
  return choice === store;
}
