import { BlockList, type TextBlock } from './blocks.ts';

const LIST_MARKER = /^\s*(?:[-*+•·‣]|\(?\d{1,3}[.)]|\[[ xX]\])\s+/u;
const TIMESTAMP = /^\s*[[(]?(?:\d{4}-\d\d-\d\d[T ]\d\d:|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:)/u;
const MAIL_HEADER =
  /^(?:From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Message-ID|In-Reply-To|References|Von|An|Betreff|Datum|Gesendet):\s/iu;
const MAIL_SUBJECT = /^(?:Subject|Betreff):\s*((?:(?:Re|Fwd?|AW|WG):\s*)*)/iu;
const ATTRIBUTION = /^(?:On .{4,120} wrote:|Am .{4,120} schrieb .{1,80}:|-{3,}.*-{3,}|[-_=*]{3,})$/u;

/**
 * Blocks of a text without markup: paragraphs with their hard line breaks undone, list entries, log lines. Mail
 * headers, quoted mail and signatures are left out, a subject is a heading.
 */
export function plainBlocks(text: string): readonly TextBlock[] {
  const list = new BlockList();
  let paragraph: string[] = [];
  let inSignature = false;
  const flush = (): void => {
    addParagraph(list, paragraph);
    paragraph = [];
  };
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029]/u)) {
    const content = line.trim();
    if (MAIL_HEADER.test(content)) inSignature = false;
    else if (inSignature) {
      inSignature = content !== '';
      continue;
    }
    if (content === '' || content.startsWith('>') || ATTRIBUTION.test(content)) flush();
    else if (/^-- ?$/.test(line)) {
      flush();
      inSignature = true;
    } else if (MAIL_HEADER.test(content)) {
      flush();
      if (MAIL_SUBJECT.test(content)) list.add('heading', content.replace(MAIL_SUBJECT, ''));
    } else if (TIMESTAMP.test(line)) {
      flush();
      list.add('item', content);
    } else if (LIST_MARKER.test(line)) {
      flush();
      paragraph.push(line);
    } else paragraph.push(line);
  }
  flush();
  return list.blocks;
}

/**
 * Undoes hard wrapping: a line goes on in the next unless it is clearly shorter than the widest one, as the last line
 * of a paragraph, a heading or an address line is.
 */
function addParagraph(list: BlockList, lines: readonly string[]): void {
  const first = lines[0];
  if (first === undefined) return;
  if (LIST_MARKER.test(first)) {
    list.add('item', joinLines(lines).replace(LIST_MARKER, ''));
    return;
  }
  const widest = lines.reduce((width, line) => Math.max(width, line.length), 0);
  let current: string[] = [];
  const flush = (): void => {
    const joined = joinLines(current).trim();
    list.add(isHeading(joined, current.length) ? 'heading' : 'prose', joined);
    current = [];
  };
  for (const [i, line] of lines.entries()) {
    current.push(line);
    const length = line.trim().length;
    if (length < widest * 0.6 || (length < widest * 0.85 && standsAlone(line.trim(), lines[i + 1]))) flush();
  }
  flush();
}

/** A rather short line that ends a sentence, or is in title case, before a line that begins with a capital. */
function standsAlone(line: string, next: string | undefined): boolean {
  if (next === undefined || !/^\s*\p{Lu}/u.test(next)) return false;
  const words = line.split(/\s+/u);
  return (
    /[.!?]["”’)]?$/u.test(line) || words.filter((word) => /^\p{Lu}/u.test(word)).length > words.length * 0.6
  );
}

function isHeading(text: string, lines: number): boolean {
  return lines === 1 && text.length <= 80 && !/[.!?:;,…。！？：；、،؟"'”»)]$/u.test(text);
}

/** Lines as one: a hyphen at a line's end is joined, ideographs need no space between them. */
export function joinLines(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    const next = line.trim();
    if (text === '') text = next;
    else if (/\p{Ll}[-\u00ad]$/u.test(text.slice(-3)) && /^\p{Ll}/u.test(next))
      text = text.slice(0, -1) + next;
    else if (IDEOGRAPHIC.test(text.slice(-1)) && IDEOGRAPHIC.test(next.charAt(0))) text += next;
    else text += ` ${next}`;
  }
  return text;
}

const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
