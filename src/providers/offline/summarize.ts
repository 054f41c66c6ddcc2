import type { TextBlock } from '../text/blocks.ts';
import { estimateTextTokens } from '../text/tokens.ts';
import { detectLanguage, type Language } from './language.ts';
import { rateSentences, weighTerms, type RatedSentence } from './salience.ts';
import { splitSentences, type Sentence } from './sentences.ts';
import { termsFor } from './words.ts';

export interface Summary {
  /** The chosen sentences in the order of the text, each word for word from one of its blocks. */
  readonly sentences: readonly string[];
  readonly text: string;
  /** Whether `maxTokens` left no room for all of it. */
  readonly truncated: boolean;
}

export interface SummaryRequest {
  readonly sentences: number;
  /** Most tokens of the summary, by `estimateTextTokens`. */
  readonly maxTokens: number;
}

/** Share of common terms from which two sentences say the same. */
const SAME = 0.6;

/**
 * Picks the sentences that carry most of what a text is about: those with the terms that recur in it and in its
 * headings, that stand where texts say what they say, and that add something to the ones picked before. The same text
 * always gives the same summary. Time grows with the length of the text times the number of sentences asked for.
 *
 * It does not understand the text: a sentence that matters but shares no words with the rest is not found.
 */
export function summarize(blocks: readonly TextBlock[], request: SummaryRequest): Summary {
  const whole = blocks.map((block) => block.text).join('\n');
  const language = detectLanguage(whole);
  const sentences = splitSentences(blocks, language);
  const rated = rateSentences(sentences, termsFor(language, whole.length), language);
  const chosen = select(rated, weighTerms(rated), request.sentences);
  return fit(
    chosen.map((index) => sentences[index]).filter((sentence) => sentence !== undefined),
    request.maxTokens,
    language,
  );
}

/** Indexes of the chosen sentences, rising. */
function select(
  rated: readonly RatedSentence[],
  weights: Map<string, number>,
  count: number,
): readonly number[] {
  const candidates = candidatesOf(rated);
  const chosen: number[] = [];
  const take = (index: number): void => {
    const taken = rated[index];
    if (taken === undefined) return;
    chosen.push(index);
    candidates.delete(index);
    for (const other of candidates) if (sameSaid(rated[other], taken)) candidates.delete(other);
    // What has been said weighs less from here on, so that the next sentence says something else.
    for (const term of taken.terms) weights.set(term, (weights.get(term) ?? 0) * 0.45);
  };
  const fact = rated.findIndex(({ sentence }) => sentence.kind === 'fact');
  if (fact >= 0) take(fact);
  while (chosen.length < count && candidates.size > 0) take(bestOf(candidates, rated, weights));
  return chosen.sort((a, b) => a - b);
}

/** Sentences that can be chosen: no headings, unless there is nothing else. */
function candidatesOf(rated: readonly RatedSentence[]): Set<number> {
  const all = rated.map((_, index) => index);
  const standing = all.filter((index) => rated[index]?.sentence.kind !== 'heading');
  return new Set(standing.length > 0 ? standing : all);
}

function bestOf(
  candidates: ReadonlySet<number>,
  rated: readonly RatedSentence[],
  weights: ReadonlyMap<string, number>,
): number {
  let best = -1;
  let bestScore = -1;
  for (const index of candidates) {
    const candidate = rated[index];
    if (candidate === undefined) continue;
    const score = scoreOf(candidate, weights);
    if (score > bestScore) {
      best = index;
      bestScore = score;
    }
  }
  return best;
}

/** What a sentence is about, per term with a bow to longer ones, times its standing. */
function scoreOf({ terms, standing }: RatedSentence, weights: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const term of terms) sum += weights.get(term) ?? 0;
  return (sum / (terms.size + 2) ** 0.5) * standing;
}

function sameSaid(a: RatedSentence | undefined, b: RatedSentence): boolean {
  if (a === undefined) return false;
  if (a.sentence.text === b.sentence.text) return true;
  let common = 0;
  for (const term of a.terms) if (b.terms.has(term)) common++;
  const fewer = Math.min(a.terms.size, b.terms.size);
  const more = Math.max(a.terms.size, b.terms.size);
  return common > fewer * SAME && common > (more * SAME) / 2;
}

function fit(sentences: readonly Sentence[], maxTokens: number, language: Language): Summary {
  const kept: string[] = [];
  let text = '';
  for (const sentence of sentences) {
    const longer = text === '' ? sentence.text : text + separator(text, language) + sentence.text;
    if (estimateTextTokens(longer) > maxTokens) {
      if (kept.length > 0) return { sentences: kept, text, truncated: true };
      const cut = cutTo(sentence.text, maxTokens);
      return { sentences: cut === '' ? [] : [cut], text: cut, truncated: true };
    }
    kept.push(sentence.text);
    text = longer;
  }
  return { sentences: kept, text, truncated: false };
}

/** A sentence that no full stop ends stands on a line of its own. */
function separator(before: string, language: Language): string {
  if (!/[.!?…。！？｡؟۔।]["'”’»」』)\]）]*$/u.test(before)) return '\n';
  return language.unspaced ? '' : ' ';
}

/** The longest beginning of whole words, or of whole characters where no word fits. */
function cutTo(text: string, maxTokens: number): string {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (estimateTextTokens(text.slice(0, middle)) <= maxTokens) low = middle;
    else high = middle - 1;
  }
  const head = text.slice(0, low);
  const words = /^[^]*(?=\s)/u.exec(head)?.[0] ?? '';
  return (words === '' ? head.replace(/[\ud800-\udbff]$/, '') : words).trimEnd();
}
