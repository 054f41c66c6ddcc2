/** A piece of a text, and whether the other text has another in its place. */
export interface DiffPiece {
  readonly text: string;
  readonly differs: boolean;
}

export interface TextDiff {
  readonly before: readonly DiffPiece[];
  readonly after: readonly DiffPiece[];
}

/** Differing middles of more words than this are marked as a whole: the table of a comparison is their product. */
const MOST_WORDS = 400;

/** Two texts word by word. The pieces of a side, joined, are its text. */
export function wordDiff(before: string, after: string): TextDiff {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [inA, inB] = commonWords(a.slice(start, endA), b.slice(start, endB));
  return {
    before: piecesOf(a, (i) => i >= start && i < endA && !inA.has(i - start)),
    after: piecesOf(b, (i) => i >= start && i < endB && !inB.has(i - start)),
  };
}

/** Words and what stands between them. */
function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Indices of a longest common subsequence in both. */
function commonWords(
  a: readonly string[],
  b: readonly string[],
): readonly [ReadonlySet<number>, ReadonlySet<number>] {
  const [inA, inB] = [new Set<number>(), new Set<number>()];
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) return [inA, inB];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      inA.add(i++);
      inB.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return [inA, inB];
}

function piecesOf(words: readonly string[], differs: (index: number) => boolean): readonly DiffPiece[] {
  const pieces: { text: string; differs: boolean }[] = [];
  for (const [i, word] of words.entries()) {
    const last = pieces.at(-1);
    if (last?.differs === differs(i)) last.text += word;
    else pieces.push({ text: word, differs: differs(i) });
  }
  return pieces;
}
