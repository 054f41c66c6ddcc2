import type { Citation } from '../../core/job.ts';

/** A part of a page, in UTF-16 units; pages count from 0. */
export interface CitedRange {
  readonly page: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Longer pages are searched for what is cited as it stands only, not for its words in other lines. */
const MOST_COMPARED = 2_000_000;

/**
 * Where what is cited stands in the pages of its source: at the place that is named, else nearest to it. Where lines end
 * in a PDF, and which spaces there are, is for every reader to guess, so spaces do not count there. One range for each
 * page that it runs over, none where it does not stand there.
 */
export function citedRanges(
  pages: readonly string[],
  { citedText, charRange, pageRange }: Pick<Citation, 'citedText' | 'charRange' | 'pageRange'>,
): readonly CitedRange[] {
  if (citedText.trim() === '') return [];
  const [first, after] =
    pageRange === undefined ? [0, pages.length] : [Math.max(0, pageRange[0] - 1), pageRange[1] - 1];
  const named = pages.slice(first, after);
  for (const [i, page] of named.entries()) {
    const start = placeNear(page, citedText, charRange?.[0] ?? 0);
    if (start >= 0) return [{ page: first + i, start, end: start + citedText.length }];
  }
  return withoutSpaces(named, citedText).map((range) => ({ ...range, page: first + range.page }));
}

/** The place of a text that is nearest to where it is expected; -1 where it is none. */
function placeNear(page: string, text: string, expected: number): number {
  const [before, after] = [page.lastIndexOf(text, expected), page.indexOf(text, expected)];
  return before < 0 || (after >= 0 && after - expected < expected - before) ? after : before;
}

function withoutSpaces(pages: readonly string[], citedText: string): CitedRange[] {
  const all = pages.join('');
  if (all.length > MOST_COMPARED) return [];
  const wanted = citedText.replace(/\s+/gu, '');
  /** Where each unit stands that is no space. */
  const places: number[] = [];
  let bare = '';
  for (const { index, 0: word } of all.matchAll(/\S+/gu)) {
    for (let i = 0; i < word.length; i++) places.push(index + i);
    bare += word;
  }
  const at = bare.indexOf(wanted);
  if (at < 0) return [];
  const [start = 0, last = 0] = [places[at], places[at + wanted.length - 1]];
  let offset = 0;
  return pages.flatMap((page, i) => {
    const begin = Math.max(0, start - offset);
    const end = Math.min(page.length, last + 1 - offset);
    offset += page.length;
    return begin < end ? [{ page: i, start: begin, end }] : [];
  });
}
