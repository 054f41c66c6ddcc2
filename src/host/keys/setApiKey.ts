import { env, l10n, Uri, window, type QuickPickItem } from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import { keyFingerprint, type Access, type ServiceAccess } from '../../core/serviceAccess.ts';
import type { listServices } from '../../workspace/access.ts';
import type { KeyCheck } from '../../workspace/checkKey.ts';
import { providerSettings } from '../providerSettings.ts';
import type { ReadSettings } from '../settings.ts';
import type { SecretKeys } from './secretKeys.ts';
import { showError, showInformation, showWarning, withNotification } from '../notify.ts';

export interface SetApiKeyDeps {
  readonly keys: SecretKeys;
  readonly access: ServiceAccess;
  readonly settings: ReadSettings;
}

type Service = ReturnType<typeof listServices>[number];

/** A service at the address where it is reached. */
interface Place {
  readonly service: Service;
  readonly reached: Access;
}

/**
 * *Set API Key…*: which service, then the key for the origin where it is reached. It is shown to the service before it
 * is kept, in the key store only.
 */
export async function setApiKey(deps: SetApiKeyDeps): Promise<void> {
  const place = await chooseService(deps);
  if (place === undefined) return;
  const { keySource } = place.reached;
  switch (keySource === undefined ? 'set' : await chooseAction(keySource)) {
    case 'set':
      return enterKey(deps, place);
    case 'check':
      return checkStoredKey(deps, place);
    case 'remove':
      return removeKey(deps, place);
    case undefined:
      return;
  }
}

async function chooseService({ access, settings }: SetApiKeyDeps): Promise<Place | undefined> {
  const { listServices } = await import('../../workspace/access.ts');
  const items = await Promise.all(
    listServices(providerSettings(settings)).map(async (service) => itemOf(service, access)),
  );
  const picked = await window.showQuickPick(items, {
    title: l10n.t('API key of which service?'),
    matchOnDescription: true,
  });
  if (picked === undefined) return undefined;
  return { service: picked.service, reached: await picked.reach() };
}

/** One whose address or key cannot be read says so when it is chosen, and hides no other. */
async function itemOf(
  service: Service,
  access: ServiceAccess,
): Promise<QuickPickItem & { readonly service: Service; readonly reach: () => Promise<Access> }> {
  const { title: label, name } = service;
  const reach = (): Promise<Access> => access.accessTo(name);
  try {
    const reached = await reach();
    return { label, description: reached.origin, detail: stateOf(reached), service, reach };
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    return { label, detail: error.userMessage, service, reach };
  }
}

function stateOf({ keySource, isVendor }: Access): string {
  const key =
    keySource === 'stored'
      ? l10n.t('Key in the key store')
      : keySource === 'environment'
        ? l10n.t('Key from the environment')
        : l10n.t('No key');
  return isVendor ? key : l10n.t('{0}; not a vendor’s own address', key);
}

async function chooseAction(
  keySource: NonNullable<Access['keySource']>,
): Promise<'set' | 'check' | 'remove' | undefined> {
  const stored = keySource === 'stored';
  const picked = await window.showQuickPick(
    [
      { label: l10n.t('Check the Key'), action: 'check' as const },
      {
        label: stored ? l10n.t('Replace the Key…') : l10n.t('Set Another Key…'),
        action: 'set' as const,
      },
      ...(stored ? [{ label: l10n.t('Remove the Key'), action: 'remove' as const }] : []),
    ],
    { title: l10n.t('There is a key already') },
  );
  return picked?.action;
}

/** Asks until there is a key that the service accepts, that the person keeps all the same, or that nobody could check. */
async function enterKey(deps: SetApiKeyDeps, place: Place): Promise<void> {
  for (;;) {
    const key = await askForKey(place);
    if (key === undefined) return;
    const check = await checkWithProgress(deps, { ...place, reached: { ...place.reached, apiKey: key } });
    const decision =
      check !== 'cancelled' && !check.ok && check.isRefused ? await askAbout(check, place) : 'keep';
    if (decision === 'leave') return;
    if (decision === 'again') continue;
    await deps.keys.set(place.service.name, place.reached.origin, key);
    tellKept(place, key, check);
    return;
  }
}

async function askForKey({ service, reached }: Place): Promise<string | undefined> {
  const { title, keysPage, keyPrefixes } = service;
  const text = await window.showInputBox({
    title: l10n.t('API key of {0} for {1}', title, reached.origin),
    prompt:
      keysPage === undefined
        ? l10n.t('Kept in the system’s key store and sent to {0} only.', reached.origin)
        : l10n.t(
            'Kept in the system’s key store and sent to {0} only. Keys are made at {1}.',
            reached.origin,
            keysPage,
          ),
    password: true,
    ignoreFocusOut: true,
    validateInput: problemOf,
  });
  const key = text?.trim();
  if (key === undefined) return undefined;
  const isLikely = keyPrefixes.length === 0 || keyPrefixes.some((prefix) => key.startsWith(prefix));
  return isLikely || (await isMeant(service)) ? key : undefined;
}

function problemOf(text: string): string | undefined {
  if (text.trim() === '') return l10n.t('Paste the key.');
  // Header values hold visible ASCII only; what was copied with a line break or a bullet is not the key.
  if (!/^[\x21-\x7e]+$/.test(text.trim()))
    return l10n.t('A key is one word of plain letters, digits and signs.');
  return undefined;
}

/** Before a key is sent anywhere: it may be another service's. */
async function isMeant({ title, keyPrefixes, keysPage }: Service): Promise<boolean> {
  const use = l10n.t('Use It Anyway');
  const page = l10n.t('Open the Keys Page');
  const choice = await showWarning(
    l10n.t('This does not look like a key of {0}.', title),
    {
      modal: true,
      detail: l10n.t(
        'Its keys begin with {0}. A key of another service would be sent to {1}.',
        keyPrefixes.join(', '),
        title,
      ),
    },
    use,
    ...(keysPage === undefined ? [] : [page]),
  );
  if (choice === page && keysPage !== undefined) await env.openExternal(Uri.parse(keysPage));
  return choice === use;
}

function checkWithProgress(
  { settings }: SetApiKeyDeps,
  { service, reached }: Place,
): Thenable<KeyCheck | 'cancelled'> {
  const options = {
    title: l10n.t('Checking the key of {0} at {1}…', service.title, reached.origin),
    cancellable: true,
  };
  return withNotification(options, async (_progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => {
      controller.abort();
    });
    const { checkKey } = await import('../../workspace/checkKey.ts');
    const check = await checkKey(service.name, reached, {
      settings: providerSettings(settings),
      signal: controller.signal,
    });
    return !check.ok && token.isCancellationRequested ? 'cancelled' : check;
  });
}

async function askAbout(
  check: KeyCheck & { readonly ok: false },
  { service }: Place,
): Promise<'again' | 'keep' | 'leave'> {
  const again = l10n.t('Enter It Again');
  const keep = l10n.t('Keep It Anyway');
  const choice = await showWarning(
    l10n.t('{0} has refused this key. It is not kept yet.', service.title),
    { modal: true, detail: check.message },
    again,
    keep,
  );
  return choice === again ? 'again' : choice === keep ? 'keep' : 'leave';
}

function tellKept({ service, reached }: Place, key: string, check: KeyCheck | 'cancelled'): void {
  const { title } = service;
  const { origin } = reached;
  const fingerprint = keyFingerprint(key);
  if (check !== 'cancelled' && check.ok) {
    void showInformation(
      l10n.t('{0} accepts the key. It is kept for {1} (fingerprint {2}).', title, origin, fingerprint),
    );
    return;
  }
  void showWarning(
    check === 'cancelled'
      ? l10n.t('The key of {0} is kept for {1} (fingerprint {2}), unchecked.', title, origin, fingerprint)
      : check.isRefused
        ? l10n.t(
            'The key of {0} is kept for {1} (fingerprint {2}), although it is refused.',
            title,
            origin,
            fingerprint,
          )
        : l10n.t(
            'The key of {0} is kept for {1} (fingerprint {2}), but could not be checked: {3}',
            title,
            origin,
            fingerprint,
            check.message,
          ),
  );
}

async function checkStoredKey(deps: SetApiKeyDeps, place: Place): Promise<void> {
  const { service, reached } = place;
  const { title } = service;
  const { origin } = reached;
  const check = await checkWithProgress(deps, place);
  if (check === 'cancelled') return;
  if (check.ok) {
    void showInformation(
      l10n.t('{0} accepts the key (fingerprint {1}).', title, keyFingerprint(reached.apiKey ?? '')),
    );
  } else if (check.isRefused) {
    const another = l10n.t('Enter Another…');
    const text = l10n.t('The key of {0} for {1} is refused: {2}', title, origin, check.message);
    if ((await showError(text, another)) === another) await enterKey(deps, place);
  } else {
    void showWarning(
      l10n.t('The key of {0} for {1} could not be checked: {2}', title, origin, check.message),
    );
  }
}

async function removeKey({ keys }: SetApiKeyDeps, { service, reached }: Place): Promise<void> {
  await keys.remove(service.name, reached.origin);
  void showInformation(
    l10n.t('The key of {0} for {1} is removed from the key store.', service.title, reached.origin),
  );
}
