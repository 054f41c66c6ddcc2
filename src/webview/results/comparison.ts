import * as l10n from '@vscode/l10n';
import type { Rule } from '../../protocol/resultsSurface.ts';

/** How people begin a value that is a comparison, in signs and in words; what begins like another one stands before it. */
function beginnings(): readonly (readonly [beginning: string, op: Rule['op']])[] {
  return [
    ['<=', 'atMost'],
    ['≤', 'atMost'],
    ['>=', 'atLeast'],
    ['≥', 'atLeast'],
    ['!=', 'isNot'],
    ['≠', 'isNot'],
    ['<', 'less'],
    ['>', 'more'],
    ['=', 'is'],
    [l10n.t('at most'), 'atMost'],
    [l10n.t('at least'), 'atLeast'],
    [l10n.t('under'), 'less'],
    [l10n.t('over'), 'more'],
  ];
}

/** A comparison that was written into the value of a number, such as `under $0.01` or `>= 5`; `undefined`: it is none. */
export function comparisonIn(text: string): Pick<Rule, 'op' | 'value'> | undefined {
  const written = text.trim();
  for (const [beginning, op] of beginnings()) {
    if (!written.toLowerCase().startsWith(beginning.toLowerCase())) continue;
    const value = written.slice(beginning.length).trim();
    return /\d/.test(value) ? { op, value } : undefined;
  }
  return undefined;
}

/** What the value of a number may look like. */
export function comparisonHint(): string {
  return l10n.t('Such as {0} or {1}', `${l10n.t('under')} $0.01`, `${l10n.t('at least')} 5`);
}
