/**
 * An answer of a model as Markdown that can stand in a document of ours and be sent on: nothing in it runs, fetches or
 * leads anywhere by itself, and no part of it can pass for another row. HTML shows as the text that it is; links and
 * pictures show their addresses instead of hiding or loading them; headings go below a row's own; signs that turn the
 * direction of what follows are taken out. Code in blocks that begin at the left edge stays as it is.
 *
 * It errs to the safe side where readers of Markdown differ: then an escape may show that was not needed.
 */
export function harmlessMarkdown(text: string): string {
  const lines = visible(text).split('\n');
  const safeSpans = linesWithWholeSpans(lines);
  let fence: string | undefined;
  const made = lines.map((line, i) => {
    if (fence !== undefined) {
      const mark = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
      if (mark?.startsWith(fence) === true) fence = undefined;
      return line;
    }
    // Only at the left edge: an indented one may belong to a list and end with it.
    fence = /^(`{3,})[^`]*$/.exec(line)?.[1] ?? /^(~{3,})/.exec(line)?.[1];
    if (fence !== undefined) return line;
    return lowerHeading(safeSpans[i] === true ? outsideSpans(line, disarm) : disarm(line));
  });
  return [...made, ...(fence === undefined ? [] : [fence])].join('\n');
}

const MOST_ON_A_LINE = 1_000;

/** JSON in a code block whose fence is longer than any run of backticks in it. */
export function fencedJson(json: string): string {
  const longest = Math.max(2, ...[...json.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${visible(json)}\n${fence}`;
}

/** Text of somebody else's on one line, cut where it is long, without what Markdown would read in it. */
export function oneLine(text: string): string {
  const short = text.length > MOST_ON_A_LINE ? `${text.slice(0, MOST_ON_A_LINE)}…` : text;
  return short
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>#|~]|&(?=[#a-z])/gi, '\\$&');
}

/** One kind of line end, and nothing that cannot be seen or moves what can; the order of the characters is kept. */
function visible(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
      .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
      // eslint-disable-next-line no-control-regex -- what no text has
      .replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')
  );
}

/** `<` begins HTML and addresses, `](` and `]:` the target of a link or a picture. */
function disarm(text: string): string {
  return text.replaceAll(/<(?=[A-Za-z/!?])/g, '&lt;').replaceAll(/\](?=[(:])/g, ']\\');
}

/** What a line may begin with before a heading: quotes and items of lists. */
const HEADING = /^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)(#{1,6})(?=[ \t]|$)/;

/** `# A` becomes `### A`, and an underlined heading a paragraph. */
function lowerHeading(line: string): string {
  return line
    .replace(/^([ \t>]*)((?:=+|-+)[ \t]*)$/, '$1\\$2')
    .replace(
      HEADING,
      (_, before: string, marks: string) => before + '#'.repeat(Math.min(6, marks.length + 2)),
    );
}

/** Pieces of a line: text, and what stands between two runs of backticks of one length. */
interface Pieces {
  readonly pieces: readonly { readonly text: string; readonly isCode: boolean }[];
  /** Whether every run of backticks has its partner. */
  readonly whole: boolean;
}

/** In time that grows with the line alone, whatever stands in it. */
function piecesOf(line: string): Pieces {
  const runs = [...line.matchAll(/`+/g)].map(({ index, 0: { length } }) => ({ index, length }));
  const partners: (number | undefined)[] = [];
  const nextOfLength = new Map<number, number>();
  for (let i = runs.length - 1; i >= 0; i--) {
    const { length } = runs[i] ?? { length: 0 };
    partners[i] = nextOfLength.get(length);
    nextOfLength.set(length, i);
  }
  const pieces: { text: string; isCode: boolean }[] = [];
  let [end, whole] = [0, true];
  for (let i = 0; i < runs.length; i++) {
    const partner = partners[i];
    const [from, to] = [runs[i], partner === undefined ? undefined : runs[partner]];
    if (from === undefined || to === undefined || partner === undefined) {
      whole = false;
      continue;
    }
    pieces.push({ text: line.slice(end, from.index), isCode: false });
    end = to.index + to.length;
    pieces.push({ text: line.slice(from.index, end), isCode: true });
    i = partner;
  }
  return { pieces: [...pieces, { text: line.slice(end), isCode: false }], whole };
}

const UNCERTAIN = /[|\\@]|:\/\/|www\./i;

/**
 * For each line, whether what looks like code in it is code to every reader of Markdown: in each line of its paragraph
 * every run of backticks has its partner on that line. In cells of tables, behind a backslash, and beside an address that
 * may swallow a backtick, nobody can tell.
 */
function linesWithWholeSpans(lines: readonly string[]): readonly boolean[] {
  const whole = lines.map((line) => !UNCERTAIN.test(line) && piecesOf(line).whole);
  const result: boolean[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to < lines.length && lines[to]?.trim() !== '') to += 1;
    const all = whole.slice(from, to).every(Boolean);
    while (result.length <= Math.min(to, lines.length - 1)) result.push(all);
    from = to + 1;
  }
  return result;
}

function outsideSpans(line: string, change: (text: string) => string): string {
  return piecesOf(line)
    .pieces.map(({ text, isCode }) => (isCode ? text : change(text)))
    .join('');
}
