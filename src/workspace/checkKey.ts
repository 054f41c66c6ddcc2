import { isBatchbookError } from '../core/errors.ts';
import type { Access } from '../core/serviceAccess.ts';
import type { ErrorCode } from '../core/vocabulary.ts';
import { configureProviders, type ProviderSettings } from '../providers/configured/configure.ts';
import { createProviderRegistry } from '../providers/registry.ts';

/** How long a check may take. */
const CHECK_WITHIN_MS = 10_000;

/** What a check of a key has found. */
export type KeyCheck =
  | { readonly ok: true }
  | {
      readonly ok: false;
      /** The service has refused the key; otherwise it could not be checked. */
      readonly isRefused: boolean;
      readonly code: ErrorCode;
      /** What is wrong and what to do, in one line. */
      readonly message: string;
    };

/** Codes of an access that only another key, or another right of this one, would mend. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['auth', 'providerRefused']);

export interface CheckKeyOptions {
  /** What the person has set of services. */
  readonly settings?: ProviderSettings;
  readonly signal?: AbortSignal;
  readonly withinMs?: number;
}

/**
 * Asks a service whether a key is good, by a free call that sends nothing of the person's (promise P7). The key goes to
 * the address that is given with it.
 *
 * @param access Has a key.
 * @throws whatever is no error of a service: a mistake in this program.
 */
export async function checkKey(
  service: string,
  access: Access,
  { settings, signal, withinMs = CHECK_WITHIN_MS }: CheckKeyOptions = {},
): Promise<KeyCheck> {
  const registry = createProviderRegistry({
    offlineDirectory: '', // nothing is run by it
    access: { accessTo: () => Promise.resolve(access) },
    configured: () => configureProviders(settings),
  });
  const limit = AbortSignal.timeout(withinMs);
  try {
    const provider = await registry.providerNamed(service);
    await provider.checkAccess?.(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    return { ok: true };
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    const { code, userMessage: message } = error;
    return { ok: false, isRefused: REFUSED.has(code), code, message };
  }
}
