/** Characters of a passage that a person is shown. */
const MOST_CHARACTERS = 160;
/** Words of what is cited that are looked for. */
const MOST_WORDS = 40;
/** A longer source is looked at around the longest words of what is cited only. */
const LOOKED_THROUGH = 400_000;
const ANCHORS = 4;
const PLACES_OF_ANCHOR = 50;
const AROUND_ANCHOR = 1_000;
/** A passage shares at least this part of what is cited, by the length of its words. */
const LEAST_SHARED = 0.1;

interface Word {
  /** In lower case. */
  readonly text: string;
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The passage of a source that has most of the words that are cited, those that stand side by side counted twice; of
 * equals the first. On one line, and short. `undefined` where nothing is alike. The same for the same texts always, and
 * its cost is bounded however long the source is.
 */
export function nearestPassage(source: string, cited: string): string | undefined {
  const wanted = wordsOf(cited.slice(0, 4_000)).slice(0, MOST_WORDS);
  if (wanted.length === 0) return undefined;
  let best: { readonly score: number; readonly start: number; readonly end: number } | undefined;
  for (const [from, to] of regionsOf(source, wanted)) {
    const words = wordsOf(source.slice(from, to), from);
    const found = bestWindow(words, wanted);
    if (found === undefined || found.score <= (best?.score ?? 0)) continue;
    const [first, last] = [words[found.first], words[found.last]];
    if (first !== undefined && last !== undefined)
      best = { score: found.score, start: first.start, end: last.end };
  }
  const total = wanted.reduce((sum, { text }) => sum + text.length, 0);
  if (best === undefined || best.score < LEAST_SHARED * total) return undefined;
  return shortened(source.slice(best.start, endOfClause(source, best.end, wanted.length)));
}

/** The parts of a source that are looked through. */
function regionsOf(source: string, wanted: readonly Word[]): readonly (readonly [number, number])[] {
  if (source.length <= LOOKED_THROUGH) return [[0, source.length]];
  const anchors = [...new Map(wanted.map((word) => [word.text, word])).values()]
    .sort((a, b) => b.text.length - a.text.length)
    .slice(0, ANCHORS);
  const places = anchors.flatMap(({ text, written }) => {
    const found: number[] = [];
    // By a few spellings: the source is not copied to lower case.
    for (const spelling of new Set([written, text, capitalized(text), text.toUpperCase()]))
      for (let at = source.indexOf(spelling); at >= 0 && found.length < PLACES_OF_ANCHOR;) {
        found.push(at);
        at = source.indexOf(spelling, at + AROUND_ANCHOR);
      }
    return found;
  });
  return places
    .sort((a, b) => a - b)
    .map((at) => [Math.max(0, at - AROUND_ANCHOR), Math.min(source.length, at + AROUND_ANCHOR)]);
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** Words and numbers, with where they stand. */
function wordsOf(text: string, offset = 0): readonly Word[] {
  return Array.from(text.matchAll(/[\p{L}\p{N}\p{M}]+(?:[.,]\p{N}+)*/gu), ({ index, 0: word }) => ({
    text: word.toLowerCase(),
    written: word,
    start: offset + index,
    end: offset + index + word.length,
  }));
}

/** The stretch of as many words as are wanted that shares most with them, from its first shared word to its last. */
function bestWindow(
  words: readonly Word[],
  wanted: readonly Word[],
): { readonly score: number; readonly first: number; readonly last: number } | undefined {
  const budget = new Map<string, number>();
  for (const { text } of wanted) budget.set(text, (budget.get(text) ?? 0) + 1);
  const pairs = new Set(wanted.slice(1).map(({ text }, i) => `${wanted[i]?.text ?? ''} ${text}`));
  const isPair = (i: number): boolean => pairs.has(`${words[i - 1]?.text ?? ''} ${words[i]?.text ?? ''}`);
  const seen = new Map<string, number>();
  let score = 0;
  let best = { score: 0, from: 0 };
  const count = (i: number, step: 1 | -1): void => {
    const text = words[i]?.text ?? '';
    const most = budget.get(text);
    if (most === undefined) return;
    const [before, after] = [seen.get(text) ?? 0, (seen.get(text) ?? 0) + step];
    seen.set(text, after);
    score += (Math.min(most, after) - Math.min(most, before)) * text.length;
  };
  const countPair = (i: number, step: 1 | -1): void => {
    if (isPair(i)) score += step * (words[i]?.text.length ?? 0);
  };
  for (let end = 0; end < words.length; end++) {
    const start = end - wanted.length + 1;
    count(end, 1);
    if (end > 0) countPair(end, 1);
    if (start > 0) {
      count(start - 1, -1);
      countPair(start, -1);
    }
    if (score > best.score) best = { score, from: Math.max(0, start) };
  }
  if (best.score === 0) return undefined;
  const to = Math.min(words.length, best.from + wanted.length);
  const shared = Array.from({ length: to - best.from }, (_, i) => best.from + i).filter((i) =>
    budget.has(words[i]?.text ?? ''),
  );
  return { score: best.score, first: shared[0] ?? best.from, last: shared.at(-1) ?? best.from };
}

/** Where the clause ends that the last shared word stands in, but not many words after it. */
function endOfClause(source: string, end: number, words: number): number {
  const rest = source.slice(end, end + MOST_CHARACTERS);
  const clause = /^[^.;:!?\n]*/.exec(rest)?.[0] ?? '';
  const few = new RegExp(String.raw`^\s*(?:\S+\s*){0,${String(Math.min(words, 6))}}`).exec(clause)?.[0] ?? '';
  return end + few.trimEnd().length;
}

function shortened(passage: string): string {
  const line = passage.replace(/\s+/gu, ' ').trim();
  if (line.length <= MOST_CHARACTERS) return line;
  const cut = line.slice(0, MOST_CHARACTERS);
  const space = cut.lastIndexOf(' ');
  return `${space > 0 ? cut.slice(0, space) : cut.replace(/[\ud800-\udbff]$/, '')}…`;
}
