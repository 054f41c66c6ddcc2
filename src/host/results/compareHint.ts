import { l10n } from 'vscode';
import type { FoundComparison } from '../../protocol/compareSurface.ts';
import type { RunDifference } from '../../workspace/compare/runDifferences.ts';
import { atBeginning, number } from '../words.ts';

/** What differs between what two runs were asked, and what that says about the changes. */
export function hintOf(differences: readonly RunDifference[]): FoundComparison['hint'] {
  return { causes: causesOf(differences), notes: differences.flatMap(noteOf).join(' ') };
}

function causesOf(differences: readonly RunDifference[]): string {
  const words = differences.map(({ of }) => wordOf(of));
  const [first = '', ...more] = words;
  const last = more.pop();
  if (words.length === 0)
    return l10n.t('Both were asked the same of the same model: what changed is chance, or the files did.');
  if (last === undefined) return l10n.t('Only the {0} differs.', first);
  const begun = atBeginning([first, ...more].join(', '));
  return more.length === 0
    ? l10n.t('{0} **and** {1} differ, so a change has two possible causes.', begun, last)
    : l10n.t(
        '{0} **and** {1} differ, so a change has {2} possible causes.',
        begun,
        last,
        number(words.length),
      );
}

/** What it is in each, where one does not see it elsewhere. */
function noteOf({ of, a, b }: RunDifference): string[] {
  switch (of) {
    case 'model':
    case 'prompt':
    case 'system':
    case 'schema':
      return [];
    case 'enableCitations':
      return [a === 'true' ? l10n.t('B has no citations.') : l10n.t('A has no citations.')];
    case 'effort':
    case 'temperature':
    case 'maxTokens':
      return [l10n.t('{0}: {1} in A, {2} in B.', atBeginning(wordOf(of)), valueOf(a), valueOf(b))];
  }
}

function wordOf(of: RunDifference['of']): string {
  switch (of) {
    case 'model':
      return l10n.t('model');
    case 'prompt':
      return l10n.t('prompt');
    case 'system':
      return l10n.t('system prompt');
    case 'schema':
      return l10n.t('schema');
    case 'effort':
      return l10n.t('effort');
    case 'temperature':
      return l10n.t('temperature');
    case 'maxTokens':
      return l10n.t('most tokens of an answer');
    case 'enableCitations':
      return l10n.t('use of citations');
  }
}

function valueOf(value: string | undefined): string {
  if (value === undefined) return l10n.t('not set');
  return /^\d+$/.test(value) ? number(Number(value)) : value;
}
