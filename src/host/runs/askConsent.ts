import { l10n } from 'vscode';
import { formatUsd } from '../../core/money.ts';
import type { AskConsent } from '../../workspace/consent.ts';
import type { RestOfRun } from '../../workspace/restOfRun.ts';
import { number } from '../words.ts';
import { showWarning } from '../notify.ts';

/** Sources named in the text that the person agrees to; the journal keeps that text. */
const SHOWN_SOURCES = 1_000;

/**
 * Asks about a run that came with its folder: opens what it would send, so that it can be read, and asks beside it. A
 * question that is put away is a no.
 * @param show Opens a text in an editor.
 */
export function createAskConsent(show: (rest: RestOfRun, text: string) => Promise<void>): AskConsent {
  return async (rest) => {
    const { describeRest } = await import('../../workspace/describeRest.ts');
    const shown = describeRest(rest, SHOWN_SOURCES);
    await show(rest, shown);
    const go = buttonFor(rest.summary.rowsToSend);
    const choice = await showWarning(questionOf(rest), go, l10n.t('Not Now'));
    return choice === go ? { by: 'window', shown } : undefined;
  };
}

function buttonFor(rows: number): string {
  if (rows === 0) return l10n.t('Go On');
  return rows === 1 ? l10n.t('Send 1 Row') : l10n.t('Send {0} Rows', number(rows));
}

function questionOf({ meta, summary, limitNanoUsd }: RestOfRun): string {
  const { rowsToSend, worstNanoUsd, destinations } = summary;
  if (rowsToSend === 0) {
    return l10n.t(
      '{0} came with its folder. None of the rows that wait can be sent as things are; going on ends them.',
      meta.title,
    );
  }
  const where = [...new Set(destinations.map(({ origin }) => origin ?? l10n.t('this machine')))];
  return l10n.t(
    '{0} came with its folder: nobody has agreed on this machine to what it sends. {1} rows to {2}, at most {3}, {4}. Look at what is open in the editor before you send it.',
    meta.title,
    number(rowsToSend),
    where.join(', '),
    worstNanoUsd === 0 ? l10n.t('free') : formatUsd(worstNanoUsd),
    limitNanoUsd === undefined
      ? l10n.t('with no cost limit')
      : l10n.t('with a limit of {0}', formatUsd(limitNanoUsd)),
  );
}
