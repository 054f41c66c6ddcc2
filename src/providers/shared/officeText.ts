import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
/** Of the end of the directory, with the longest comment. */
const END_WITHIN = 65_557;
const MOST_INFLATED = 100_000_000;

/** Which parts of an office file have its text, and the one without which it is none. */
const PARTS: Readonly<Record<string, { readonly main: string; readonly text: RegExp }>> = {
  docx: {
    main: 'word/document.xml',
    text: /^word\/(?:document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml$/,
  },
  pptx: { main: 'ppt/presentation.xml', text: /^ppt\/(?:slides|notesSlides)\/[^/]+\.xml$/ },
  xlsx: { main: 'xl/workbook.xml', text: /^xl\/worksheets\/[^/]+\.xml$/ },
  odt: { main: 'content.xml', text: /^content\.xml$/ },
};

const known = new WeakMap<Uint8Array, { readonly text: string | undefined }>();

/**
 * The text that a service finds in an office file, closely enough to tell how long it is; worked out once.
 * @param extension Without the dot, lower-case: `docx`, `pptx`, `xlsx`, `odt` or `rtf`.
 * @returns `undefined` where the bytes are no such file, or are damaged or encrypted.
 */
export function officeText(bytes: Uint8Array, extension: string): string | undefined {
  const found = known.get(bytes) ?? { text: textIn(bytes, extension) };
  known.set(bytes, found);
  return found.text;
}

function textIn(bytes: Uint8Array, extension: string): string | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (extension === 'rtf') {
    const text = file.toString('latin1');
    return text.startsWith('{\\rtf') ? text : undefined;
  }
  const parts = PARTS[extension];
  const entries = parts === undefined ? undefined : entriesOf(file);
  if (parts === undefined || entries?.has(parts.main) !== true) return undefined;
  try {
    const strings = extension === 'xlsx' ? stringsOf(xmlOf(file, entries.get('xl/sharedStrings.xml'))) : [];
    return [...entries]
      .filter(([name]) => parts.text.test(name))
      .map(([, at]) => (extension === 'xlsx' ? sheetText(xmlOf(file, at), strings) : words(xmlOf(file, at))))
      .join('\n');
  } catch {
    return undefined;
  }
}

/** Offsets of the entries of a zip file's central directory, by name; `undefined` where it has none. */
function entriesOf(file: Buffer): ReadonlyMap<string, number> | undefined {
  let end = file.length - 22;
  while (end >= 0 && end > file.length - END_WITHIN && file.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0 || file.readUInt32LE(end) !== END_OF_DIRECTORY) return undefined;
  const entries = new Map<string, number>();
  let at = file.readUInt32LE(end + 16);
  for (let left = file.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > file.length || file.readUInt32LE(at) !== DIRECTORY_ENTRY) return undefined;
    const length = file.readUInt16LE(at + 28);
    entries.set(file.toString('utf8', at + 46, at + 46 + length), at);
    at += 46 + length + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

/** @throws RangeError or an error of zlib where the entry is damaged. */
function xmlOf(file: Buffer, entry: number | undefined): string {
  if (entry === undefined) return '';
  const isDeflated = file.readUInt16LE(entry + 10) !== 0;
  const size = file.readUInt32LE(entry + 20);
  const local = file.readUInt32LE(entry + 42);
  const start = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  const data = file.subarray(start, start + size);
  const xml = isDeflated ? inflateRawSync(data, { maxOutputLength: MOST_INFLATED }) : data;
  return xml.toString('utf8');
}

function words(xml: string): string {
  return xml.replace(/<[^<>]*>/g, ' ').replace(/\s+/g, ' ');
}

/** What stands between the starts of elements of one name; their own attributes are cut off. */
function elementsIn(
  xml: string,
  name: string,
): readonly { readonly attributes: string; readonly content: string }[] {
  return xml
    .split(new RegExp(`<${name}(?=[\\s/>])`))
    .slice(1)
    .map((part) => {
      const end = part.indexOf('>');
      return { attributes: part.slice(0, end), content: part.slice(end + 1) };
    });
}

function stringsOf(xml: string): readonly string[] {
  return elementsIn(xml, 'si').map(({ content }) => words(content));
}

/** The cells of a sheet; one may stand for a string that many share. */
function sheetText(xml: string, strings: readonly string[]): string {
  return elementsIn(xml, 'c')
    .map(({ attributes, content }) => {
      const text = words(content);
      return /\bt="s"/.test(attributes) ? (strings[Number(text)] ?? text) : text;
    })
    .join('\t');
}
