import path from 'node:path';
import type { InputFile } from '../../core/job.ts';
import { decodeText } from '../text/decode.ts';

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
export function kindOf(file: InputFile): InputContent['kind'] {
  return MEDIA_TYPES[extensionOf(file)]?.[0] ?? 'text';
}

/**
 * Reads a file as its name says.
 * @throws ValidationError `validation` where it should be text and is in no encoding that can be told.
 */
export function contentOf(file: InputFile): InputContent {
  const known = MEDIA_TYPES[extensionOf(file)];
  if (known === undefined) return { kind: 'text', text: decodeText(file.path, file.bytes) };
  const [kind, mediaType] = known;
  const { buffer, byteOffset, byteLength } = file.bytes;
  return { kind, mediaType, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
}

/** A file's text inside a prompt, told from the words around it. */
export function textPart(file: InputFile, text: string): string {
  return `<file name=${JSON.stringify(nameOf(file))}>\n${text}\n</file>`;
}

/** The last part of a path: what a service is told of a file's name. */
export function nameOf(file: InputFile): string {
  return path.posix.basename(file.path);
}

function extensionOf(file: InputFile): string {
  return path.posix.extname(file.path).slice(1).toLowerCase();
}
