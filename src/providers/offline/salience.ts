import type { Language } from './language.ts';
import type { Sentence } from './sentences.ts';
import type { Terms } from './words.ts';

/** A sentence with its terms and how well it stands where it stands. */
export interface RatedSentence {
  readonly sentence: Sentence;
  /** The distinct terms it has. */
  readonly terms: ReadonlySet<string>;
  /** Factor for position, length and wording; what it is about is weighed at selection. */
  readonly standing: number;
}

/** Openings that lean on the sentence before. */
const LEANING =
  /^(?:["“'(]\s*)?(?:this|that|these|those|it|its|they|their|he|she|his|her|such|however|but|and|or|so|then|also|therefore|thus|still|yet|instead|otherwise|the first|the second|the third|the latter|the former|neither|both|one|another|i|erstens|zweitens|drittens|for example|for instance|in addition|moreover|furthermore|er|es|sie|dies|diese|dieser|dieses|das|aber|und|doch|jedoch|deshalb|daher|dabei|dazu|dadurch|dafür|auch|il|elle|ils|elles|cela|ce|cette|ces|mais|et|donc|este|esta|esto|pero|y|además)(?!\p{L})/iu;
const LEANING_UNSPACED = /^(?:それ|これ|この|その|しかし|また|だが|そして|さらに|但是|这|它|而且)/u;

/** Wordings that announce a result, in the languages that have a list of stop words, Japanese and Chinese. */
const ANNOUNCING =
  /(?<!\p{L})(?:in summary|in short|overall|in conclusion|conclu|finally|lesson|what .{1,60} chang|the problem|the obstacle|because of this|we found|as a result|the result|most important|the main|the key|decided|decision|summary|recommend|propose|agreed|action item|zusammenfass|insgesamt|ergebnis|empfehl|empfiehl|beschlossen|wichtigste|fazit|en résumé|en conclusion|recommand|en resumen|en conclusión|recomiend)/iu;
const ANNOUNCING_UNSPACED = /(?:結論|つまり|要するに|まとめ|重要|提案|决定|总之|結果|建议)/u;

/** `Present: …`, `Tags: …`: a field, not a sentence. */
const LABEL = /^[\p{L} ]{2,20}[:：]/u;

/** Log lines that a reader looks for. */
const ALARM =
  /(?<!\p{L})(?:error|fatal|critical|panic|exception|fail(?:ed|ure)?|warn(?:ing)?|timeout|refused)(?!\p{L})/iu;

/** How well each sentence stands in its text, from 0 up; 1 is an ordinary sentence. */
export function rateSentences(
  sentences: readonly Sentence[],
  terms: Terms,
  language: Language,
): readonly RatedSentence[] {
  const lastBlock = sentences.findLast((sentence) => sentence.kind === 'prose')?.block;
  let opening = true;
  let announced = false;
  return sentences.map((sentence) => {
    const own = new Set(terms(sentence.text));
    if (sentence.kind === 'heading') announced = announces(sentence.text, language);
    let standing =
      lengthFactor(sentence.text, language) * wordingFactor(sentence.text, language) * kindFactor(sentence);
    if (sentence.first) standing *= sentence.kind === 'prose' ? 1.2 : 1;
    if (announced) standing *= 1.5;
    if (sentence.block === lastBlock) standing *= 1.1;
    if (opening && sentence.kind === 'prose' && own.size >= 4 && !LABEL.test(sentence.text)) {
      standing *= 1.6;
      opening = false;
    }
    return { sentence, terms: own, standing };
  });
}

function kindFactor(sentence: Sentence): number {
  switch (sentence.kind) {
    case 'heading':
      return 0;
    case 'item':
      return ALARM.test(sentence.text) ? 1.3 : 0.75;
    case 'fact':
    case 'prose':
      return 1;
  }
}

function lengthFactor(text: string, language: Language): number {
  const length = text.length * (language.unspaced ? 2.5 : 1);
  if (length < 25) return 0.2;
  if (length < 50) return 0.5;
  if (length < 75) return 0.8;
  if (length > 400) return 0.4;
  return length > 260 ? 0.75 : 1;
}

function wordingFactor(text: string, language: Language): number {
  let factor = 1;
  if ((language.unspaced ? LEANING_UNSPACED : LEANING).test(text)) factor *= 0.65;
  if (text.length * (language.unspaced ? 2.5 : 1) > 75 && announces(text, language)) factor *= 1.25;
  if (LABEL.test(text)) factor *= 0.6;
  if (/[?？؟]["”’»)]?$/u.test(text)) factor *= 0.5;
  if (/[:：]$/u.test(text)) factor *= 0.3;
  if (/^\p{Ll}/u.test(text)) factor *= 0.6;
  // An anecdote or an opinion of the writer's, in a text that is about something else.
  if (/(?<!\p{L})(?:I|my|me|ich|mein|je|mon|ma|yo)(?!\p{L})/u.test(text)) factor *= 0.8;
  return factor;
}

function announces(text: string, language: Language): boolean {
  return (language.unspaced ? ANNOUNCING_UNSPACED : ANNOUNCING).test(text);
}

/**
 * What each term weighs: how often it stands in the text, more when a heading has it, nothing when it is in so many
 * sentences that it tells none apart (the function words of a language we have no list for).
 */
export function weighTerms(rated: readonly RatedSentence[]): Map<string, number> {
  const sentencesWith = new Map<string, number>();
  const inHeadings = new Set<string>();
  for (const { terms, sentence } of rated) {
    for (const term of terms) {
      if (sentence.kind === 'heading') inHeadings.add(term);
      sentencesWith.set(term, (sentencesWith.get(term) ?? 0) + 1);
    }
  }
  const common = Math.max(8, rated.length * 0.5);
  const weights = new Map<string, number>();
  for (const [term, count] of sentencesWith) {
    if (count > common) continue;
    // Once is no theme; from there on each repetition says less.
    weights.set(term, (count === 1 ? 0.3 : count ** 0.7) * (inHeadings.has(term) ? 1.4 : 1));
  }
  return weights;
}
