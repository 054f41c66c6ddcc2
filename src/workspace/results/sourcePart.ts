import type { CitedRange } from './citedRanges.ts';

/** Which part of a source is asked for; without both, the one with what is cited, else the first. */
export interface PartAsked {
  /** From 0. */
  readonly page?: number | undefined;
  /** In UTF-16 units of the page. */
  readonly from?: number | undefined;
}

/** A part of one page of a source. */
export interface SourcePart {
  /** From 0. */
  readonly page: number;
  readonly pages: number;
  /** In UTF-16 units of the page; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  /** The part as it follows; what is cited is apart. */
  readonly pieces: readonly { readonly text: string; readonly cited: boolean }[];
}

const PART_CHARACTERS = 30_000;
/** A part begins and ends with a line where one begins this near. */
const LINE_WITHIN = 2_000;

/** @param cited Where what is cited stands, empty where nothing is. */
export function sourcePart(
  pages: readonly string[],
  cited: readonly CitedRange[],
  asked: PartAsked,
): SourcePart {
  const page = Math.max(0, Math.min(asked.page ?? cited[0]?.page ?? 0, pages.length - 1));
  const text = pages[page] ?? '';
  const range = cited.find((one) => one.page === page);
  const wanted = asked.from ?? (range !== undefined && range.end > PART_CHARACTERS ? before(range.start) : 0);
  const from = lineStart(text, Math.max(0, Math.min(wanted, text.length)));
  const most = from + PART_CHARACTERS;
  const to = most >= text.length ? text.length : lineStart(text, most);
  const [start, end] = [clamp(range?.start ?? to, from, to), clamp(range?.end ?? to, from, to)];
  const pieces = [
    { text: text.slice(from, start), cited: false },
    { text: text.slice(start, end), cited: true },
    { text: text.slice(end, to), cited: false },
  ].filter((piece) => piece.text !== '');
  return { page, pages: pages.length, from, to, length: text.length, pieces };
}

/** What is cited stands in the first third, with what comes before it. */
function before(start: number): number {
  return start - Math.floor(PART_CHARACTERS / 3);
}

function lineStart(text: string, at: number): number {
  if (at === 0) return 0;
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return at - start <= LINE_WITHIN ? start : inside(text, at);
}

/** The same place, but never inside a character. */
function inside(text: string, at: number): number {
  const splits = /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
  return splits ? at - 1 : at;
}

function clamp(at: number, least: number, most: number): number {
  return Math.max(least, Math.min(at, most));
}
