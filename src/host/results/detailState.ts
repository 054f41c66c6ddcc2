import { l10n } from 'vscode';
import { timeOf } from '../../core/ids.ts';
import { ATTEMPT_OUTCOMES } from '../../core/vocabulary.ts';
import {
  HOLE,
  type AttemptState,
  type CitationState,
  type DetailState,
  type FactState,
} from '../../protocol/resultsSurface.ts';
import type { AttemptLine } from '../../workspace/results/attemptLines.ts';
import type { SeenCitation } from '../../workspace/results/citedPlaces.ts';
import type { RowDetail } from '../../workspace/results/resultsSession.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { number, statusWord } from '../words.ts';
import { costInWords, madeInWords, readable, splitName, whyInWords } from './resultsState.ts';

/** All of one row. */
export function detailState(detail: RowDetail): DetailState {
  const { row, outcome, name, citations, attempts, structured, answer } = detail;
  const verified = citations.filter(({ state }) => state === 'verified').length;
  return {
    ...plainTexts({
      ...{ row, outcome, word: statusWord(outcome), ...splitName(name) },
      why: outcome === 'ok' ? '' : whyInWords(detail),
      verified:
        citations.length === 0
          ? ''
          : l10n.t('{0} of {1} verified', number(verified), number(citations.length)),
      attempts: attempts.map((line, i) => attemptState(line, i === attempts.length - 1)),
      cost: costInWords(detail.costNanoUsd),
      facts: factsOf(detail),
      citations: citations.map(citationState),
    }),
    structured,
    answer: { ...answer, text: readable(answer.text) },
  };
}

/** A citation as it stands now. */
export function citationState(citation: SeenCitation): CitationState {
  const { citedText, state, fields = [], isText } = citation;
  return {
    text: citedText.slice(0, 1_000),
    state,
    word: citationWord(state),
    sentence: sentenceOf(citation),
    place: placeOf(citation),
    opensHere: !isText,
    fields,
  };
}

function citationWord(state: CitationState['state']): string {
  switch (state) {
    case 'verified':
      return l10n.t('Word for word');
    case 'notFound':
      return l10n.t('Not found in the source');
    case 'changed':
      return l10n.t('The source has changed since');
    case 'gone':
      return l10n.t('The source is gone');
  }
}

function sentenceOf({ state, pageRange }: SeenCitation): string {
  switch (state) {
    case 'verified':
      return l10n.t('Word for word, {0}', HOLE);
    case 'notFound':
      return pageRange === undefined ? l10n.t('Not found in {0}.', HOLE) : l10n.t('Not found on {0}.', HOLE);
    case 'changed':
      return l10n.t('The source has changed since: {0}', HOLE);
    case 'gone':
      return citationWord(state);
  }
}

function placeOf({ pageRange, line }: SeenCitation): string {
  if (pageRange !== undefined) return l10n.t('page {0}', number(pageRange[0]));
  return line === undefined ? l10n.t('the source') : l10n.t('line {0}', number(line));
}

function attemptState(line: AttemptLine, isLast: boolean): AttemptState {
  const outcome = ATTEMPT_OUTCOMES[line.outcome].status;
  const isNoted = !isLast && outcome !== 'ok';
  return {
    attempt: number(line.attempt),
    outcome,
    word: statusWord(outcome),
    input: number(line.inputTokens),
    output: number(line.outputTokens),
    cost: line.costNanoUsd === undefined ? l10n.t('not told') : costInWords(line.costNanoUsd),
    note: isNoted ? noteOf(line) : '',
    field: isNoted ? (line.broken?.field ?? '') : '',
  };
}

/** Why an attempt did not count, and what was done then. */
function noteOf({ attempt, outcome, why, broken }: AttemptLine): string {
  const said = why === '' ? statusWord(ATTEMPT_OUTCOMES[outcome].status) : why;
  const reason = /[.!?…]$/u.test(said) ? said : `${said}.`;
  if (broken !== undefined)
    return l10n.t(
      'Try {0}: {1} was “{2}”. It was asked again with that message.',
      number(attempt),
      HOLE,
      broken.value,
    );
  if (outcome === 'invalid')
    return l10n.t('Try {0}: {1} It was asked again with that message.', number(attempt), reason);
  if (outcome === 'truncated')
    return l10n.t(
      'Try {0}: the answer was cut off before its end. It was asked again with room for more.',
      number(attempt),
    );
  return l10n.t('Try {0}: {1} It was sent again.', number(attempt), reason);
}

function factsOf(detail: RowDetail): readonly FactState[] {
  const { model, effort, provider, batchId, batch, cell, usage, finishedAt, written, stopReason } = detail;
  const cached = usage.cacheRead ?? 0;
  const facts: readonly FactState[] = [
    {
      label: l10n.t('Model'),
      value: effort === undefined ? model : l10n.t('{0}, effort {1}', model, effort),
      id: '',
    },
    { label: l10n.t('Provider'), value: provider, id: '' },
    { label: l10n.t('Cell'), value: cell, id: '' },
    { label: l10n.t('Batch'), value: batch === undefined ? '' : number(batch), id: batchId ?? '' },
    {
      label: l10n.t('From cache'),
      value: cached === 0 ? '' : l10n.t('{0} tokens', number(cached)),
      id: '',
    },
    { label: l10n.t('Stop reason'), value: stopReason ?? '', id: '' },
    { label: l10n.t('Finished'), value: finishedAt === 0 ? '' : madeInWords(finishedAt), id: '' },
    takenOver(detail),
    { label: l10n.t('Written to'), value: written ?? '', id: '', opens: 'written' },
  ];
  return facts.filter(({ value, id }) => value !== '' || id !== '');
}

function takenOver({ reusedFrom }: RowDetail): FactState {
  const label = l10n.t('Taken over from');
  const at = reusedFrom === undefined ? undefined : timeOf(reusedFrom);
  if (at === undefined) return { label, value: '', id: reusedFrom ?? '' };
  return { label, value: l10n.t('the run of {0}, and cost nothing again', madeInWords(at)), id: '' };
}
