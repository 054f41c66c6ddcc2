const NUMBER_WORDS = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');

/** Sentences of a summary that nobody gave a length. */
export const DEFAULT_SENTENCES = 3;

/** More than this is no summary. */
export const MAX_SENTENCES = 100;

/** Only the ends of a prompt are read as an instruction; in between may stand the text itself. */
const INSTRUCTION_LENGTH = 400;

const COUNT = new RegExp(
  `(?<![\\p{L}\\p{N}.,])(\\d{1,3}|an?|single|${NUMBER_WORDS.join('|')})[\\s-]+(?:(?:or|to)\\s+\\w+\\s+)?(?:(?:short|brief|concise|clear|plain|full|complete|single)[\\s-]+)?sentences?(?!\\p{L})`,
  'iu',
);

/**
 * How many sentences an instruction asks for, as in "in three sentences", "a 2-sentence summary", "one short sentence".
 *
 * @param instructions In order of precedence; the first that says a number counts.
 */
export function sentencesAskedFor(instructions: readonly (string | undefined)[]): number {
  for (const instruction of instructions) {
    const count = instruction === undefined ? undefined : countIn(instruction);
    if (count !== undefined) return count;
  }
  return DEFAULT_SENTENCES;
}

function countIn(instruction: string): number | undefined {
  const match =
    COUNT.exec(instruction.slice(0, INSTRUCTION_LENGTH)) ??
    COUNT.exec(instruction.slice(-INSTRUCTION_LENGTH));
  const word = match?.[1]?.toLowerCase();
  if (word === undefined) return undefined;
  if (/^\d/.test(word)) return Math.min(Math.max(Number(word), 1), MAX_SENTENCES);
  return Math.max(NUMBER_WORDS.indexOf(word) + 1, 1);
}
