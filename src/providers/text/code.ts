import { BlockList, enumerate, type TextBlock } from './blocks.ts';
import { extensionOf } from './format.ts';
import { joinLines } from './plain.ts';

/** What a kind of declaration is called, and the lines at the left margin that make one. */
interface DeclarationPattern {
  readonly one: string;
  readonly many: string;
  readonly pattern: RegExp;
}

const MODIFIERS =
  '(?:export |default |declare |public |private |protected |internal |open |sealed |abstract |final |static |async |pub(?:\\([a-z]+\\))? |unsafe |data |inline |extern |partial |suspend )*';

const DECLARATIONS: readonly DeclarationPattern[] = [
  kind('class', 'classes', 'class|struct|record|object|actor'),
  kind('interface', 'interfaces', 'interface|trait|protocol'),
  kind('type', 'types', 'type|enum|union|typealias'),
  kind('function', 'functions', 'function\\*?|def|fn|func|fun|sub|local function'),
  kind('constant', 'constants', 'const|val|let'),
];

/** Most names that are listed of one kind. */
const MAX_NAMES = 6;

/**
 * Blocks of a source file: what it says of itself in doc comments, and one sentence with the names that it declares at
 * the top level, found by pattern, not by a parser.
 */
export function codeBlocks(source: string, path: string): readonly TextBlock[] {
  const lines = source.split(/\r\n|[\n\r]/u);
  const list = new BlockList();
  for (const paragraph of commentParagraphs(lines, usesHash(path))) list.add('prose', paragraph);
  const overview = declarationSentence(lines);
  if (overview !== undefined) list.add('fact', overview);
  return list.blocks;
}

function kind(one: string, many: string, words: string): DeclarationPattern {
  return {
    one,
    many,
    pattern: new RegExp(
      `^${MODIFIERS}(?:${words})\\s+(?:\\([^()]{0,80}\\)\\s*)?([\\p{L}_$][\\p{L}\\p{N}_$]*)`,
      'u',
    ),
  };
}

function declarationSentence(lines: readonly string[]): string | undefined {
  const found = DECLARATIONS.map(() => new Set<string>());
  for (const line of lines) {
    if (!/^\p{L}/u.test(line)) continue;
    const index = DECLARATIONS.findIndex(({ pattern }) => pattern.test(line));
    const name = DECLARATIONS[index]?.pattern.exec(line)?.[1];
    if (name !== undefined && !name.startsWith('_')) found[index]?.add(name);
  }
  const parts = DECLARATIONS.flatMap(({ one, many }, i) => {
    const names = [...(found[i] ?? [])];
    return names.length === 0 ? [] : [`the ${names.length === 1 ? one : many} ${nameList(names)}`];
  });
  if (parts.length === 0) return undefined;
  const last = parts.pop() ?? '';
  return `Defines ${parts.length === 0 ? last : `${parts.join(', ')}, and ${last}`}.`;
}

function nameList(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return enumerate(rest > 0 ? [...names.slice(0, MAX_NAMES), `${String(rest)} more`] : names);
}

function usesHash(path: string): boolean {
  return /^(?:py|pyi|rb|sh|bash|zsh|ps1|pl|r|jl|ex|exs)$/u.test(extensionOf(path));
}

/** The prose of doc comments and of comments of two lines or more, one paragraph each. */
function commentParagraphs(lines: readonly string[], hash: boolean): readonly string[] {
  const paragraphs: string[] = [];
  let current: string[] = [];
  let end: string | undefined;
  let run = 0;
  let isDoc = false;
  let isExample = false;
  const flush = (): void => {
    if (current.length > 0 && isDoc) paragraphs.push(joinLines(current));
    current = [];
  };
  const add = (line: string): void => {
    const text = line
      .replace(/^\s*\*+\s?/u, '')
      .replace(/\{@\w+\s+([^}]{1,200})\}/gu, '$1')
      .trim();
    if (text.startsWith('@')) isExample = true;
    if (text === '') flush();
    else if (!isExample && !isDirective(text)) current.push(text.replace(/`/gu, ''));
  };
  for (const raw of lines) {
    const line = raw.trim();
    if (end !== undefined) {
      const close = line.indexOf(end);
      add(close < 0 ? line : line.slice(0, close));
      if (close >= 0) {
        flush();
        end = undefined;
      }
      continue;
    }
    const opened = opening(line, hash);
    if (opened !== undefined) {
      flush();
      isDoc = true;
      isExample = false;
      const rest = line.slice(opened.length);
      const close = rest.indexOf(opened.end);
      add(close < 0 ? rest : rest.slice(0, close));
      if (close < 0) end = opened.end;
      else flush();
      continue;
    }
    const comment = hash ? /^#(?!!)\s?(.*)$/u.exec(line)?.[1] : /^\/\/[/!]?\s?(.*)$/u.exec(line)?.[1];
    if (comment === undefined) {
      flush();
      run = 0;
      continue;
    }
    if (run === 0) isExample = false;
    run++;
    isDoc = run > 1 || /^\/\/[/!]/u.test(line);
    add(comment);
  }
  flush();
  return paragraphs;
}

function opening(line: string, hash: boolean): { readonly length: number; readonly end: string } | undefined {
  if (!hash) return line.startsWith('/**') || line.startsWith('/*!') ? { length: 3, end: '*/' } : undefined;
  const quote = /^[rRuUbB]{0,2}("""|''')/u.exec(line);
  return quote === null ? undefined : { length: quote[0].length, end: quote[1] ?? '"""' };
}

/** Comments to tools, licence lines and commented-out code. */
function isDirective(text: string): boolean {
  return /^(?:eslint|prettier|ts-|@ts|tslint|istanbul|c8|noqa|pylint|type:|SPDX|Copyright|\(c\)|-\*-|[-=*#/]{4,})|[;{]$/iu.test(
    text,
  );
}
