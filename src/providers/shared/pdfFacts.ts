import { constants, inflateSync } from 'node:zlib';

/** What can be told of a PDF without drawing it. */
export interface PdfFacts {
  /** False where it has not the head of one. */
  readonly isPdf: boolean;
  /** Also where anybody may open it: what is in it is encrypted, and services do not read it. */
  readonly isEncrypted: boolean;
  /** `undefined` where no page can be found: it is damaged. */
  readonly pages: number | undefined;
}

/** Readers look for the head of a PDF this far into a file. */
const HEAD_WITHIN = 1024;
const MOST_INFLATED = 64_000_000;
const NEW_LINE = /^\r?\n/;

const known = new WeakMap<Uint8Array, PdfFacts>();

/** Facts of a PDF's bytes, worked out once; the bytes are not expected to change. */
export function pdfFacts(bytes: Uint8Array): PdfFacts {
  const facts = known.get(bytes) ?? factsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  known.set(bytes, facts);
  return facts;
}

function factsOf(bytes: Buffer): PdfFacts {
  const text = bytes.toString('latin1'); // an index is an offset
  const isPdf = text.slice(0, HEAD_WITHIN).includes('%PDF-');
  const isEncrypted = isPdf && /\/Encrypt\s*(?:\d+\s+\d+\s+R|<<)/.test(text);
  return { isPdf, isEncrypted, pages: isPdf && !isEncrypted ? pagesOf(bytes, text) : undefined };
}

/**
 * What the root of the page tree says. Where it cannot be followed, the larger of what any part of the tree says and of
 * the pages that lie in the file, which may be some that were taken out of it.
 */
function pagesOf(bytes: Buffer, text: string): number | undefined {
  const roots = new Map<number, number>();
  const tree = new Map<number, number>();
  const leaves = new Set<number>();
  // An object may be written again at the end of a file: the last one counts.
  const see = (id: number, object: string): void => {
    if (/\/Type\s*\/Catalog\b/.test(object)) roots.set(id, referenceIn(object, 'Pages'));
    else if (/\/Type\s*\/Pages\b/.test(object))
      tree.set(id, Number(/\/Count\s+(\d+)\b(?!\s+\d+\s+R)/.exec(object)?.[1] ?? 0));
    else if (/\/Type\s*\/Page(?![a-zA-Z])/.test(object)) leaves.add(id);
  };
  for (const { index, 0: head, 1: id } of text.matchAll(/(\d{1,10})\s+\d{1,5}\s+obj\b/g)) {
    const object = objectAt(text, index + head.length);
    see(Number(id), object);
    if (/\/Type\s*\/ObjStm\b/.test(object))
      for (const [inner, content] of objectsIn(bytes, text, index + head.length + object.length, object))
        see(inner, content);
  }
  const root = tree.get(roots.get(referenceIn(text.slice(text.lastIndexOf('/Root')), 'Root')) ?? NaN) ?? 0;
  const pages = root > 0 ? root : Math.max(0, leaves.size, ...tree.values());
  return pages === 0 ? undefined : pages;
}

/** The number of the object that a key refers to. */
function referenceIn(object: string, key: string): number {
  return Number(new RegExp(`/${key}\\s+(\\d+)\\s+\\d+\\s+R`).exec(object)?.[1] ?? NaN);
}

/** What an object says of itself: up to its stream or its end. */
function objectAt(text: string, start: number): string {
  const end = text.indexOf('endobj', start);
  const object = text.slice(start, end < 0 ? text.length : end);
  const stream = object.indexOf('stream');
  return stream < 0 ? object : object.slice(0, stream);
}

/** The objects of an object stream (PDF 1.5): most files keep their pages in some. */
function objectsIn(
  bytes: Buffer,
  text: string,
  stream: number,
  dictionary: string,
): readonly (readonly [id: number, object: string])[] {
  const number = (key: string): number => Number(new RegExp(`/${key}\\s+(\\d+)`).exec(dictionary)?.[1] ?? 0);
  const after = stream + 'stream'.length;
  const start = after + (NEW_LINE.exec(text.slice(after, after + 2))?.[0].length ?? 0);
  const end = text.indexOf('endstream', start);
  const content = inflated(bytes.subarray(start, end < 0 ? undefined : end), dictionary);
  const first = number('First');
  const heads = content
    .slice(0, first)
    .trim()
    .split(/\s+/)
    .map(Number)
    .slice(0, 2 * number('N'));
  return Array.from({ length: Math.floor(heads.length / 2) }, (_, i) => {
    const [id = 0, offset = 0, , next] = heads.slice(2 * i, 2 * i + 4);
    return [id, content.slice(first + offset, next === undefined ? undefined : first + next)] as const;
  });
}

/** Empty where it is packed in another way, or broken. */
function inflated(stream: Buffer, dictionary: string): string {
  if (!dictionary.includes('/Filter')) return stream.toString('latin1');
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_INFLATED };
    return inflateSync(stream, options).toString('latin1');
  } catch {
    return '';
  }
}
