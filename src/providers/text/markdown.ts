import { BlockList, type TextBlock } from './blocks.ts';
import { decodeEntities } from './entities.ts';
import { joinLines } from './plain.ts';

const FENCE = /^\s{0,3}(`{3,}|~{3,})/u;
const HEADING = /^\s{0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/u;
const LIST_MARKER = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?/u;
const RULE = /^\s{0,3}(?:[-*_]\s*){3,}$/u;
const SETEXT = /^\s{0,3}(?:=+|-{2,})\s*$/u;
const DEFINITION = /^\s{0,3}\[[^\]]{1,200}\]:\s/u;
const TABLE_DELIMITER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/u;

/** Blocks of a Markdown text: code blocks, link targets and table rules are left out; the front matter gives its title. */
export function markdownBlocks(source: string): readonly TextBlock[] {
  const list = new BlockList();
  const { title, body } = splitFrontMatter(source.replace(/<!--[^]*?(?:-->|$)/gu, ''));
  if (title !== undefined) list.add('heading', title);
  let kind: 'prose' | 'item' = 'prose';
  let lines: string[] = [];
  let fence: string | undefined;
  const flush = (): void => {
    list.add(kind, inlineText(joinLines(lines)));
    lines = [];
    kind = 'prose';
  };
  for (const raw of body) {
    const fenceMark = FENCE.exec(raw)?.[1];
    if (fence !== undefined) {
      if (fenceMark?.startsWith(fence) === true) fence = undefined;
      continue;
    }
    const line = raw.replace(/^(?:\s{0,3}>\s?)+/u, '');
    if (fenceMark !== undefined) {
      flush();
      fence = fenceMark;
    } else if (lines.length > 0 && kind === 'prose' && SETEXT.test(line)) {
      list.add('heading', inlineText(joinLines(lines)));
      lines = [];
    } else if (line.trim() === '' || RULE.test(line) || DEFINITION.test(line)) flush();
    else if (HEADING.test(line)) {
      flush();
      list.add('heading', inlineText(HEADING.exec(line)?.[1] ?? ''));
    } else if (line.trimStart().startsWith('|')) {
      flush();
      if (!TABLE_DELIMITER.test(line)) list.add('item', inlineText(cells(line)));
    } else if (LIST_MARKER.test(line)) {
      flush();
      kind = 'item';
      lines.push(line.replace(LIST_MARKER, ''));
    } else if (lines.length > 0 || !/^(?: {4}|\t)/u.test(line)) lines.push(line);
  }
  flush();
  return list.blocks;
}

function splitFrontMatter(source: string): {
  readonly title: string | undefined;
  readonly body: readonly string[];
} {
  const lines = source.split(/\r\n|[\n\r]/u);
  if (lines[0]?.trimEnd() !== '---') return { title: undefined, body: lines };
  const end = lines.findIndex((line, i) => i > 0 && /^(?:---|\.\.\.)\s*$/u.test(line));
  if (end < 0) return { title: undefined, body: lines };
  const title = lines.slice(1, end).find((line) => /^title:\s/u.test(line));
  return {
    title: title?.replace(/^title:\s*/u, '').replace(/^(["'])(.*)\1\s*$/u, '$2'),
    body: lines.slice(end + 1),
  };
}

function cells(row: string): string {
  return row
    .split('|')
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .join(' · ');
}

/** The text that inline markup shows. */
function inlineText(text: string): string {
  const stripped = text
    .replace(/!\[([^[\]]{0,500})\]\([^()]{0,1000}\)/gu, '$1')
    .replace(/\[([^[\]]{1,500})\](?:\([^()]{0,1000}\)|\[[^[\]]{0,200}\])/gu, '$1')
    .replace(/\[\^[^\]]{1,100}\]/gu, '')
    .replace(/<(https?:[^<>\s]{1,1000})>/gu, '$1')
    .replace(/<\/?[a-zA-Z][^<>]{0,1000}>/gu, '')
    .replace(/`+([^`]{1,1000})`+/gu, '$1')
    .replace(/(\*{1,3}|~~)(?=\S)([^*~]{1,1000}?)(?<=\S)\1/gu, '$2')
    .replace(/(?<![\p{L}\p{N}_])(_{1,3})(?=\S)([^_]{1,1000}?)(?<=\S)\1(?![\p{L}\p{N}_])/gu, '$2')
    .replace(/\\([!-/:-@[-`{-~])/gu, '$1');
  return decodeEntities(stripped);
}
