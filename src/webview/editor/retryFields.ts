import * as l10n from '@vscode/l10n';
import type { JobHead, JsonObject } from '../../protocol/editorSurface.ts';
import { objectOf } from './sourceValues.ts';

export type RetryKind = keyof JobHead['standard']['retry'];

/** The endings that a row is tried again after, as people call them. */
export function retryKinds(): readonly { readonly kind: RetryKind; readonly label: string }[] {
  return [
    { kind: 'truncated', label: l10n.t('Cut off') },
    { kind: 'invalid', label: l10n.t('Breaks its schema') },
    { kind: 'transient', label: l10n.t('Service failed') },
    { kind: 'missing', label: l10n.t('No answer came') },
  ];
}

/** How often a row is tried again where a cell is silent. */
export function inheritedRetry(job: JobHead, kind: RetryKind): string {
  const value = objectOf(job.defaults['retry'])?.[kind];
  return String(typeof value === 'number' ? value : job.standard.retry[kind]);
}

/** The object that holds how often rows are tried again, with one kind changed; `undefined`: it says nothing any more. */
export function withRetry(
  retry: JsonObject | undefined,
  kind: RetryKind,
  typed: string,
): JsonObject | undefined {
  const others = Object.fromEntries(Object.entries(retry ?? {}).filter(([name]) => name !== kind));
  const n = Number(typed);
  const changed = typed.trim() === '' ? others : { ...others, [kind]: Number.isFinite(n) ? n : typed };
  return Object.keys(changed).length === 0 ? undefined : changed;
}
