import type { Language } from './language.ts';

/** Turns a text into the terms that count, always the same way. */
export type Terms = (text: string) => readonly string[];

/** Longer texts of unspaced scripts are cut into pairs of letters, since word segmentation is slow. */
const SEGMENTED_LENGTH = 100_000;

const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
const IDEOGRAPHS = /[\p{Script=Han}\p{Script=Katakana}ー]+/gu;

/**
 * Content words, folded: lower case, without function words, and cut to their first six letters where words inflect,
 * so that "reservoir" and "reservoirs" are one term.
 */
export function termsFor(language: Language, textLength: number): Terms {
  if (!language.unspaced) return (text) => spacedTerms(text, language);
  if (textLength > SEGMENTED_LENGTH) return pairTerms;
  const segmenter = new Intl.Segmenter(language.locale, { granularity: 'word' });
  return (text) => unspacedTerms(text, segmenter);
}

function spacedTerms(text: string, language: Language): readonly string[] {
  const terms: string[] = [];
  for (const word of text.toLowerCase().match(WORD) ?? []) {
    if (language.stopWords.has(word) || /^\p{N}+$/u.test(word) || word.length < 2) continue;
    if (word.length === 2 && language.stopWords.size > 0) continue;
    terms.push(
      /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word) ? word.slice(0, 6) : word,
    );
  }
  return terms;
}

/** Words in hiragana alone are the grammar of Japanese, single letters of Chinese mostly too. */
function unspacedTerms(text: string, segmenter: Intl.Segmenter): readonly string[] {
  const terms: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true || /^[\p{Script=Hiragana}\p{N}]+$/u.test(segment)) continue;
    if (segment.length > 1) terms.push(segment.toLowerCase());
  }
  return terms;
}

function pairTerms(text: string): readonly string[] {
  const terms: string[] = [];
  for (const run of text.match(IDEOGRAPHS) ?? text.match(WORD) ?? []) {
    for (let i = 0; i + 1 < run.length; i += 2) terms.push(run.slice(i, i + 2));
  }
  return terms;
}
