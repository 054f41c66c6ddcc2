/** The text of a file, without its byte order mark. */
export interface FileText {
  readonly text: string;
  /** How its lines end; `\n` where it has one alone. */
  readonly lineEnd: string;
}

/**
 * An answer as the text of the file that it is for: without the one Markdown code block that holds all of it, unless the
 * file is one itself; with the file's line ends, and ending in one where the file does.
 */
export function asFileText(
  answer: string,
  file: FileText,
): { readonly text: string; readonly unwrapped: boolean } {
  const inside = codeIn(answer);
  const unwrapped = inside !== undefined && codeIn(file.text) === undefined;
  const lines = (unwrapped ? inside : answer)
    .toWellFormed()
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/);
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  if (/[\r\n]$/.test(file.text)) lines.push('');
  return { text: lines.join(file.lineEnd), unwrapped };
}

/** What stands in the Markdown code block that is all there is of a text. */
function codeIn(text: string): string | undefined {
  const lines = text.trim().split(/\r\n|\r|\n/);
  const fence = /^(`{3,})[^`]*$|^(~{3,})/.exec(lines[0] ?? '');
  const mark = fence?.[1] ?? fence?.[2];
  if (mark === undefined || lines.length < 2) return undefined;
  const closes = (line: string): boolean => {
    const end = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
    return end?.startsWith(mark) === true;
  };
  // Another end before the last line: then there are two blocks, or text between them.
  if (lines.findIndex((line, i) => i > 0 && closes(line)) !== lines.length - 1) return undefined;
  return lines.slice(1, -1).join('\n');
}

/** The part of a text that another one changes, in whole lines. Ends are exclusive; offsets count UTF-16 units. */
export interface TextChange {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The smallest run of whole lines to replace, so that `before` becomes `after`. */
export function changeOf(before: string, after: string): TextChange {
  const [old, made] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, made.length);
  let [head, tail] = [0, 0];
  while (head < shorter && old[head] === made[head]) head += 1;
  while (tail < shorter - head && old[old.length - 1 - tail] === made[made.length - 1 - tail]) tail += 1;
  const start = old.slice(0, head).join('').length;
  const end = before.length - old.slice(old.length - tail).join('').length;
  return { start, end, text: made.slice(head, made.length - tail).join('') };
}

/** Lines with their ends. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}
