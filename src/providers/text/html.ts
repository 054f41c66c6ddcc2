import { BlockList, type TextBlock } from './blocks.ts';
import { decodeEntities } from './entities.ts';

const RAW = new Set('script style textarea iframe noscript noembed noframes xmp'.split(' '));
/** Parts of a page that are not what it is about. */
const ASIDE = new Set(
  'nav footer aside form button select template svg math canvas object pre menu dialog'.split(' '),
);
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark q rp rt ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);

/**
 * Blocks of an HTML page. One pass over the text and no tree, so that hostile nesting costs nothing: every character
 * is looked at a bounded number of times.
 */
export function htmlBlocks(html: string): readonly TextBlock[] {
  const whole = new PageReader(html, true).read();
  const letters = whole.reduce((sum, block) => sum + block.text.length, 0);
  // A page whose <nav> or <form> is never closed, or that is all form, would come out empty.
  return letters >= 200 ? whole : new PageReader(html, false).read();
}

class PageReader {
  readonly #html: string;
  readonly #leaveOutAsides: boolean;
  readonly #list = new BlockList();
  /** Open elements that are left out, innermost last; their names only. */
  readonly #leftOut: string[] = [];
  readonly #leftOutCount = new Map<string, number>();
  #text: string[] = [];
  #kind: TextBlock['kind'] = 'prose';
  /** True once a quote was seen to have no end: from there on quotes mean nothing. */
  #quotesBroken = false;

  constructor(html: string, leaveOutAsides: boolean) {
    this.#html = html;
    this.#leaveOutAsides = leaveOutAsides;
  }

  read(): readonly TextBlock[] {
    const html = this.#html;
    let at = 0;
    while (at < html.length) {
      const open = html.indexOf('<', at);
      if (open < 0) break;
      this.#addText(html.slice(at, open));
      at = this.#readMarkup(open);
      if (at < 0) {
        // No tag ends any more: what is left is text, also the "<".
        at = open;
        break;
      }
    }
    this.#addText(html.slice(at));
    this.#endBlock();
    return this.#list.blocks;
  }

  /** Reads what starts with the `<` at `open`; returns where it ends, or -1 where no tag can end any more. */
  #readMarkup(open: number): number {
    const html = this.#html;
    if (html.startsWith('<!--', open)) return endAfter(html, '-->', open + 4);
    if (html.startsWith('<![CDATA[', open)) return endAfter(html, ']]>', open);
    const next = html.charCodeAt(open + 1);
    if (next === 0x21 || next === 0x3f) return endAfter(html, '>', open);
    TAG_NAME.lastIndex = open;
    const tag = TAG_NAME.exec(html);
    if (tag === null) {
      this.#addText('<');
      return open + 1;
    }
    const end = this.#tagEnd(TAG_NAME.lastIndex);
    if (end < 0) return -1;
    const name = (tag[2] ?? '').toLowerCase();
    if (tag[1] === '/') this.#close(name);
    else if (RAW.has(name)) return rawEnd(html, name, end);
    else this.#open(name, html.charCodeAt(end - 2) === 0x2f);
    return end;
  }

  /** Where the tag ends whose attributes start at `from`; a `>` in quotes does not end it. */
  #tagEnd(from: number): number {
    const html = this.#html;
    let afterEquals = false;
    for (let at = from; at < html.length; at++) {
      const char = html.charAt(at);
      if (char === '>') return at + 1;
      if (afterEquals && !this.#quotesBroken && (char === '"' || char === "'")) {
        const close = html.indexOf(char, at + 1);
        if (close < 0) this.#quotesBroken = true;
        else at = close;
      }
      if (!/\s/u.test(char)) afterEquals = char === '=';
    }
    return -1;
  }

  #open(name: string, selfClosed: boolean): void {
    if (INLINE.has(name)) return;
    if (name === 'br') {
      this.#addText(' ');
      return;
    }
    if (name === 'td' || name === 'th') {
      if (this.#text.some((part) => part.trim() !== '')) this.#addText(' · ');
      return;
    }
    this.#endBlock();
    if (this.#leaveOutAsides && ASIDE.has(name) && !selfClosed) {
      this.#leftOut.push(name);
      this.#leftOutCount.set(name, (this.#leftOutCount.get(name) ?? 0) + 1);
    }
    if (/^(?:h[1-6]|title)$/.test(name)) this.#kind = 'heading';
    else if (name === 'li' || name === 'tr' || name === 'dd') this.#kind = 'item';
  }

  #close(name: string): void {
    if (INLINE.has(name) || name === 'td' || name === 'th') return;
    this.#endBlock();
    const open = this.#leftOutCount.get(name) ?? 0;
    for (let left = open; left === open && open > 0; left = this.#leftOutCount.get(name) ?? 0) {
      const inner = this.#leftOut.pop() ?? name;
      this.#leftOutCount.set(inner, (this.#leftOutCount.get(inner) ?? 1) - 1);
    }
  }

  #addText(text: string): void {
    if (text !== '' && this.#leftOut.length === 0) this.#text.push(text);
  }

  #endBlock(): void {
    this.#list.add(this.#kind, decodeEntities(this.#text.join('')));
    this.#text = [];
    this.#kind = 'prose';
  }
}

const TAG_NAME = /<(\/?)([a-zA-Z][^\s/>]{0,60})/uy;

function endAfter(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at < 0 ? html.length : at + mark.length;
}

function rawEnd(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}[\\s/>]`, 'giu');
  close.lastIndex = from;
  const match = close.exec(html);
  return match === null ? html.length : match.index;
}
