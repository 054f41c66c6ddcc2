import type { TextBlock } from '../text/blocks.ts';
import type { Language } from './language.ts';

/** A sentence with where it stands. */
export interface Sentence {
  readonly text: string;
  readonly kind: TextBlock['kind'];
  /** Index of its block. */
  readonly block: number;
  /** Whether it is the first or the last of its block. */
  readonly first: boolean;
  readonly last: boolean;
}

/** A longer sentence is a list or a text without punctuation: it is cut into pieces that can be read. */
const MAX_SENTENCE_LENGTH = 600;
const PIECE_LENGTH = 300;

/** Only abbreviations that hardly ever end a sentence: "etc." and "Inc." are not among them. */
const ABBREVIATION =
  /(?:^|[\s("'„“‘«[])(?:\p{Lu}|\p{Lu}(?:\.\s?\p{Lu})+|[eE]\.\s?g|[iI]\.\s?e|[zZ]\.\s?B|[dD]\.\s?h|u\.\s?a|[pP]\.\s?ex|Dr|Prof|Mr|Mrs|Ms|Mx|St|Mt|Rev|Hon|Gen|Col|Capt|Lt|Sgt|vs|cf|approx|ca|Nos?|Nr|Figs?|Abb|Tab|Vol|Sec|Art|Abs|pp?|Bd|Hr|Fr|Dipl|Ing|bzw|vgl|inkl|ggf|evtl|zzgl|Mio|Mrd|Tsd|M|MM|Mme|Mlle|Sra?|Dra?|Uds?)\.$/u;
/** Ordinals ("am 3. Mai") and the first half of "z. B.", "d. h.", "u. a.", "i. d. R.". */
const GERMAN = /(?:^|\s)(?:\d{1,2}|[diouz])\.$/u;

/** The sentences of all blocks. Each is a substring of its block's text; a heading is one sentence. */
export function splitSentences(blocks: readonly TextBlock[], language: Language): readonly Sentence[] {
  const segmenter = new Intl.Segmenter(language.locale, { granularity: 'sentence' });
  return blocks.flatMap((block, index) => {
    const texts =
      block.kind === 'prose' || block.kind === 'item' ? split(block.text, segmenter, language) : [block.text];
    return texts.map((text, i) => ({
      text,
      kind: block.kind,
      block: index,
      first: i === 0,
      last: i === texts.length - 1,
    }));
  });
}

function split(text: string, segmenter: Intl.Segmenter, language: Language): readonly string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    const end = index + segment.length;
    if (end < text.length && goesOn(text.slice(Math.max(start, end - 24), end).trimEnd(), language)) continue;
    pushPieces(sentences, text.slice(start, end).trim());
    start = end;
  }
  pushPieces(sentences, text.slice(start).trim());
  return sentences;
}

/** Whether the full stop at the end of `head` ends an abbreviation or a German ordinal, and no sentence. */
function goesOn(head: string, language: Language): boolean {
  if (!head.endsWith('.')) return false;
  return ABBREVIATION.test(head) || (language.locale === 'de' && GERMAN.test(head));
}

function pushPieces(sentences: string[], sentence: string): void {
  if (sentence.length <= MAX_SENTENCE_LENGTH) {
    if (sentence !== '') sentences.push(sentence);
    return;
  }
  for (let at = 0; at < sentence.length;) {
    const end = pieceEnd(sentence, at);
    const piece = sentence.slice(at, end).trim();
    if (piece !== '') sentences.push(piece);
    at = end;
  }
}

/** A place to cut near `PIECE_LENGTH`: after punctuation, else a space, and never inside a surrogate pair. */
function pieceEnd(text: string, from: number): number {
  const limit = from + PIECE_LENGTH;
  if (limit >= text.length) return text.length;
  const window = text.slice(from, limit);
  for (const mark of [/^[^]*[;:、；]\s?/u, /^[^]*[,，،]\s?/u, /^[^]*\s/u]) {
    const length = mark.exec(window)?.[0].length ?? 0;
    if (length > PIECE_LENGTH / 3) return from + length;
  }
  return /[\ud800-\udbff]$/.test(window) ? limit - 1 : limit;
}
