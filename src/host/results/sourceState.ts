import { l10n } from 'vscode';
import { HOLE, type SourceState, type StandingState } from '../../protocol/resultsSurface.ts';
import type { RowSourcePart, RowStanding } from '../../workspace/results/resultsSession.ts';
import type { SourcePart } from '../../workspace/results/sourcePart.ts';
import type { NoTextReason } from '../../workspace/results/sourceTexts.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { number } from '../words.ts';
import { readable, splitName } from './resultsState.ts';

const NOTHING: SourcePart = { page: 0, pages: 0, from: 0, to: 0, length: 0, pieces: [] };

/** A part of a row's source. @param citation The one that is marked in it. */
export function sourceState(source: RowSourcePart, citation = 0): SourceState {
  const { cited } = source;
  const part = source.ok ? source.part : NOTHING;
  const { page, pages, from, to, length, pieces } = part;
  const isFound = source.ok && source.isFound;
  return {
    ...plainTexts({
      name: splitName(source.source).name,
      place: source.ok ? placeOf(part, source.isPaged) : '',
      why: source.ok ? emptyInWords(source) : whyInWords(source),
      cited: cited === undefined || !source.ok ? '' : citedInWords(citation, cited.verified, isFound),
      fields: cited?.fields ?? [],
    }),
    icon: source.ok && source.isPaged ? 'file-pdf' : 'file',
    ...{ page, pages, from, to, length },
    citation: cited?.verified === true && isFound ? 'verified' : 'notFound',
    pieces: pieces.map((piece) => ({ ...piece, text: readable(piece.text.replaceAll('\r\n', '\n')) })),
  };
}

/** How the input of a row stands to what was sent. */
export function standingState({ state, file, nearest }: RowStanding, hasJobFile: boolean): StandingState {
  return plainTexts({
    changed: changedInWords(state),
    file: file === '' ? l10n.t('What is sent for it') : splitName(file).name,
    canRun: hasJobFile && state === 'changed',
    nearest: nearest.map((passage) => (passage === undefined ? '' : l10n.t('Nearest: “{0}”', passage))),
  });
}

function changedInWords(state: RowStanding['state']): string {
  switch (state) {
    case 'changed':
      return l10n.t('{0} changed after this row was sent.', HOLE);
    case 'gone':
      return l10n.t('{0} is not there any more.', HOLE);
    case 'unreadable':
      return l10n.t('{0} cannot be read any more.', HOLE);
    case 'same':
    case 'unknown':
      return '';
  }
}

function placeOf({ page, pages, from, to, length }: SourcePart, isPaged: boolean): string {
  const isWhole = from === 0 && to === length;
  const part = isWhole
    ? ''
    : l10n.t('characters {0} to {1} of {2}', number(from + 1), number(to), number(length));
  if (!isPaged) return part;
  const place = l10n.t('page {0} of {1}', number(page + 1), number(pages));
  return isWhole ? place : l10n.t('{0}, {1}', place, part);
}

function citedInWords(index: number, wasVerified: boolean, isFound: boolean): string {
  const citation = number(index + 1);
  if (wasVerified && isFound) return l10n.t('Citation {0}, word for word.', citation);
  if (isFound) return l10n.t('Citation {0} stands here now; it did not when it was checked.', citation);
  return wasVerified
    ? l10n.t('Citation {0} was word for word; it does not stand in the source as it is now.', citation)
    : l10n.t('Citation {0} does not stand in the source.', citation);
}

function emptyInWords({ part, isPaged }: Extract<RowSourcePart, { ok: true }>): string {
  if (part.pieces.some(({ text }) => text.trim() !== '')) return '';
  return isPaged
    ? l10n.t('This page has no text, perhaps a picture. Open the file to see it.')
    : l10n.t('There is no text in it.');
}

function whyInWords({
  reason,
  message,
}: {
  readonly reason: NoTextReason;
  readonly message: string;
}): string {
  switch (reason) {
    case 'gone':
      return message;
    case 'picture':
      return l10n.t('It is a picture and has no text. Open the file to see it.');
    case 'tooLarge':
      return l10n.t('It is too large to be shown here. Open the file to see it.');
    case 'noInput':
      return l10n.t('This row has no source beside its prompt.');
    case 'unreadable':
      return message === '' ? l10n.t('No text can be read from it.') : message;
  }
}
