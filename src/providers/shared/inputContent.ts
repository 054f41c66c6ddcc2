import path from 'node:path';
import type { InputFile } from '../../core/job.ts';
import { decodeText } from '../text/decode.ts';
import { extensionOf } from '../text/format.ts';

/** An input file as a service takes it. */
export type InputContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pdf' | 'image' | 'office'; readonly mediaType: string; readonly base64: string };

const MEDIA_TYPES: Readonly<Record<string, readonly [kind: 'pdf' | 'image' | 'office', mediaType: string]>> =
  {
    pdf: ['pdf', 'application/pdf'],
    png: ['image', 'image/png'],
    jpg: ['image', 'image/jpeg'],
    jpeg: ['image', 'image/jpeg'],
    gif: ['image', 'image/gif'],
    webp: ['image', 'image/webp'],
    heic: ['image', 'image/heic'],
    heif: ['image', 'image/heif'],
    docx: ['office', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    pptx: ['office', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    xlsx: ['office', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    odt: ['office', 'application/vnd.oasis.opendocument.text'],
    rtf: ['office', 'application/rtf'],
  };

/** What a file of this name is, and text where the name says nothing. */
export function kindOf(file: Pick<InputFile, 'path'>): InputContent['kind'] {
  return MEDIA_TYPES[extensionOf(file.path)]?.[0] ?? 'text';
}

/**
 * Reads a file as its name says; a picture as its content says, which is what services go by.
 * @throws ValidationError `validation` where it should be text and is in no encoding that can be told.
 */
export function contentOf(file: InputFile): InputContent {
  const known = MEDIA_TYPES[extensionOf(file.path)];
  if (known === undefined) return { kind: 'text', text: decodeText(file.path, file.bytes) };
  const [kind, named] = known;
  const picture = kind === 'image' ? pictureType(file.bytes) : undefined;
  const mediaType = picture === undefined ? named : (MEDIA_TYPES[picture]?.[1] ?? named);
  const { buffer, byteOffset, byteLength } = file.bytes;
  return { kind, mediaType, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

/** How many characters bytes have in base64. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** What a picture is by its first bytes, as an extension; `undefined` where it is none that a service takes. */
export function pictureType(
  bytes: Uint8Array,
): 'png' | 'jpeg' | 'gif' | 'webp' | 'heic' | 'heif' | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (/^GIF8[79]a/.test(head)) return 'gif';
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'webp';
  if (/^[^]{4}ftyp(?:hei[cxms]|hev[cxms])/.test(head)) return 'heic';
  return /^[^]{4}ftyp(?:mif1|msf1)/.test(head) ? 'heif' : undefined;
}

/** A file's text inside a prompt, told from the words around it. */
export function textPart(file: InputFile, text: string): string {
  return `<file name=${JSON.stringify(nameOf(file))}>\n${text}\n</file>`;
}

/** The last part of a path: what a service is told of a file's name. */
export function nameOf(file: InputFile): string {
  return path.posix.basename(file.path);
}
