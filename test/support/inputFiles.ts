import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

/** How a PDF of a test is written. */
export interface PdfOptions {
  /** Pages and page tree in an object stream, as most programs write them. */
  readonly packed?: boolean;
  readonly encrypted?: boolean;
  /** The page tree as it was before pages were taken out: its pages still lie in the file. */
  readonly before?: number;
  /** Bytes that no reader looks at, to make the file larger. */
  readonly padding?: number;
}

/** A PDF of empty pages that readers open. */
export function pdf(pages: number, options: PdfOptions = {}): Uint8Array {
  const { packed = false, encrypted = false, before, padding = 0 } = options;
  const leaf = (i: number): [number, string] => [
    3 + i,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>',
  ];
  const tree = (count: number): [number, string] => [
    2,
    `<< /Type /Pages /Kids [${Array.from({ length: count }, (_, i) => `${String(3 + i)} 0 R`).join(' ')}] /Count ${String(count)} >>`,
  ];
  const catalog: [number, string] = [1, '<< /Type /Catalog /Pages 2 0 R >>'];
  const first = before ?? pages;
  const objects = [catalog, tree(first), ...Array.from({ length: first }, (_, i) => leaf(i))];
  const free = 3 + first;
  const trailer = `/Root 1 0 R${encrypted ? ' /Encrypt 9999 0 R /ID [<00> <00>]' : ''}`;
  const filler = padding > 0 ? `%${'x'.repeat(padding)}\n` : '';
  let file = Buffer.from(`%PDF-1.5\n%\xe2\xe3\xcf\xd3\n${filler}`, 'latin1');
  if (packed) return packedPdf(file, objects, free, trailer);
  const offsets = new Map<number, number>();
  let last = 0;
  const section = (part: readonly [number, string][], previous: string): void => {
    for (const [id, object] of part) {
      offsets.set(id, file.length);
      file = Buffer.concat([file, Buffer.from(`${String(id)} 0 obj\n${object}\nendobj\n`)]);
    }
    const start = file.length;
    const rows = part.map(
      ([id]) => `${String(id)} 1\n${String(offsets.get(id)).padStart(10, '0')} 00000 n \n`,
    );
    file = Buffer.concat([
      file,
      Buffer.from(
        `xref\n0 1\n0000000000 65535 f \n${rows.join('')}trailer\n<< /Size ${String(free)} ${trailer}${previous} >>\nstartxref\n${String(start)}\n%%EOF\n`,
      ),
    ]);
    last = start;
  };
  section(objects, '');
  if (before !== undefined) section([tree(pages)], ` /Prev ${String(last)}`);
  return new Uint8Array(file);
}

/** With an object stream, and a cross-reference stream that says so. */
function packedPdf(
  head: Buffer,
  objects: readonly (readonly [number, string])[],
  free: number,
  trailer: string,
): Uint8Array {
  let bodies = '';
  const heads = objects.map(([id, object]) => {
    const at = `${String(id)} ${String(bodies.length)}`;
    bodies += `${object}\n`;
    return at;
  });
  const index = `${heads.join(' ')}\n`;
  const stream = (dictionary: string, data: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`<< ${dictionary} /Filter /FlateDecode /Length ${String(data.length)} >>\nstream\n`),
      data,
      Buffer.from('\nendstream\nendobj\n'),
    ]);
  const container = Buffer.concat([
    Buffer.from(`${String(free)} 0 obj\n`),
    stream(
      `/Type /ObjStm /N ${String(objects.length)} /First ${String(index.length)}`,
      deflateSync(Buffer.from(index + bodies)),
    ),
  ]);
  const xrefAt = head.length + container.length;
  const row = (type: number, a: number, b: number): Buffer => {
    const bytes = Buffer.alloc(7);
    bytes.writeUInt8(type, 0);
    bytes.writeUInt32BE(a, 1);
    bytes.writeUInt16BE(b, 5);
    return bytes;
  };
  const inContainer = new Map(objects.map(([id], i) => [id, i]));
  const rows = Array.from({ length: free + 2 }, (_, id) => {
    if (id === 0) return row(0, 0, 65_535);
    if (id === free) return row(1, head.length, 0);
    if (id === free + 1) return row(1, xrefAt, 0);
    return row(2, free, inContainer.get(id) ?? 0);
  });
  const xref = Buffer.concat([
    Buffer.from(`${String(free + 1)} 0 obj\n`),
    stream(`/Type /XRef /Size ${String(free + 2)} /W [1 4 2] ${trailer}`, deflateSync(Buffer.concat(rows))),
    Buffer.from(`startxref\n${String(xrefAt)}\n%%EOF\n`),
  ]);
  return new Uint8Array(Buffer.concat([head, container, xref]));
}

/** A zip file of entries by name. */
export function zip(entries: Readonly<Record<string, string>>, stored = false): Uint8Array {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const raw = Buffer.from(content);
    const data = stored ? raw : deflateRawSync(raw);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(raw), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(raw.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    bodies.push(local);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name)]),
    );
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...bodies, central, end]));
}

/** Office files as programs write them, as far as their text goes. */
export const OFFICE: Readonly<Record<string, (text: string) => Uint8Array>> = {
  docx: (text) =>
    zip({
      '[Content_Types].xml': '<Types/>',
      'word/document.xml': `<w:document><w:body><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:body></w:document>`,
      'word/styles.xml': `<w:styles>${'<w:style w:styleId="none"/>'.repeat(50)}</w:styles>`,
    }),
  pptx: (text) =>
    zip({
      'ppt/presentation.xml': '<p:presentation/>',
      'ppt/slides/slide1.xml': `<p:sld><a:t>${text}</a:t></p:sld>`,
    }),
  xlsx: (text) =>
    zip({
      'xl/workbook.xml': '<workbook/>',
      'xl/sharedStrings.xml': `<sst count="3"><si><t>${text}</t></si></sst>`,
      'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row r="1">${'<c r="A1" t="s"><v>0</v></c>'.repeat(3)}<c r="D1"/><c r="E1"><v>12.5</v></c></row></sheetData></worksheet>`,
    }),
  odt: (text) =>
    zip(
      {
        mimetype: 'application/vnd.oasis.opendocument.text',
        'content.xml': `<office:text><text:p>${text}</text:p></office:text>`,
      },
      true,
    ),
  rtf: (text) => new Uint8Array(Buffer.from(`{\\rtf1\\ansi ${text}}`)),
};

/** The least that tells a picture of each type from anything else. */
export const PICTURES: Readonly<Record<string, Uint8Array>> = {
  png: latin1('\x89PNG\r\n\x1a\n rest of it'),
  jpg: latin1('\xff\xd8\xff\xe0 rest of it'),
  jpeg: latin1('\xff\xd8\xff\xe1 rest of it'),
  gif: latin1('GIF89a rest of it'),
  webp: latin1('RIFF\x10\x00\x00\x00WEBPVP8 rest'),
  heic: latin1('\x00\x00\x00\x18ftypheic rest of it'),
  heif: latin1('\x00\x00\x00\x18ftypmif1 rest of it'),
};

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
