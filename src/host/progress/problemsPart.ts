import { l10n } from 'vscode';
import type { AttemptOutcome } from '../../core/vocabulary.ts';
import type { ProblemItem, ProblemsPart } from '../../protocol/progressSurface.ts';
import type { RowProblem } from '../../workspace/rowProblems.ts';
import { notOk } from '../runs/runTraits.ts';
import { STATUS_ICONS } from '../tree/statusIcons.ts';
import { number, statusWord } from '../words.ts';
import { said } from './eventsPart.ts';
import { serviceOf, type Shown } from './moment.ts';

/** Rows that are not ok, by why they are not; `undefined` where every row that has ended is. */
export function problemsPart(shown: Shown): ProblemsPart | undefined {
  const { facts, run } = shown;
  if (facts.problems.length === 0) return undefined;
  const rows = notOk(run);
  return {
    title: rows === 1 ? l10n.t('1 row to look at') : l10n.t('{0} rows to look at', number(rows)),
    items: facts.problems.map((problem) => itemOf(problem, serviceOf(shown) ?? l10n.t('The provider'))),
  };
}

function itemOf({ outcome, ending, rows, words, first }: RowProblem, service: string): ProblemItem {
  return {
    status: outcome,
    row: rows === 1 ? first.row : undefined,
    icon: STATUS_ICONS[outcome][0],
    count: `${number(rows)} ${statusWord(outcome)}`,
    text: whyInWords(ending, service),
    link: rows === 1 ? l10n.t('Show the row') : l10n.t('Show the {0} rows', number(rows)),
    ...(words.length === 0 ? {} : { details: said(...words) }),
  };
}

/** Why an attempt did not bring a good answer, and what helps. */
function whyInWords(ending: AttemptOutcome, service: string): string {
  switch (ending) {
    case 'ok':
      return '';
    case 'truncated':
      return l10n.t(
        'The answer reached the most tokens it may have and was cut off. A larger maxTokens helps.',
      );
    case 'contextFull':
      return l10n.t('Question and answer fill all that the model can hold. A shorter input helps.');
    case 'refused':
      return l10n.t('The model declined. These are not sent again by themselves.');
    case 'invalid':
      return l10n.t('The answer is not what was asked for: it breaks its schema or has no text.');
    case 'cancelled':
      return l10n.t('You cancelled them before they were answered.');
    case 'cancelledElsewhere':
      return l10n.t('Somebody cancelled their batch at {0}.', service);
    case 'withdrawn':
      return l10n.t('You took them back from a batch that took too long.');
    case 'transient':
      return l10n.t('{0} failed on them more than once. Another attempt may succeed.', service);
    case 'expired':
      return l10n.t('Their batch ran out of time before {0} reached them.', service);
    case 'missing':
      return l10n.t('{0} gave no result for them.', service);
    case 'permanent':
      return l10n.t('{0} will not have them as they are. They must change before they can succeed.', service);
    case 'changed':
      return l10n.t('The input changed after you agreed to it, and was not sent. Run the job file again.');
    case 'gone':
      return l10n.t('The input file is gone. Nothing was charged.');
    case 'tooLarge':
      return l10n.t('The input is larger than one request of this model may be. Nothing was charged.');
    case 'unreadable':
      return l10n.t('The input could not be read as this model needs it. Nothing was charged.');
  }
}
