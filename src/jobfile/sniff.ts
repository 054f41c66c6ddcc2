import * as fs from 'node:fs/promises';
import path from 'node:path';

/** Bytes that are looked at to tell text from other files. */
const SNIFF_BYTES = 8192;

/** The most that one input file may have: no service takes more in one request. */
export const MAX_FILE_BYTES = 50_000_000;

/** Whether a file's first bytes are not text: a NUL outside UTF-16, or a PDF, whose head is ASCII. */
export function looksBinary(head: Uint8Array): boolean {
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return false;
  return head.includes(0) || Buffer.from(head.subarray(0, 5)).toString('latin1') === '%PDF-';
}

/** Whether a model that takes `fileTypes` beyond text takes a binary file of this name. */
export function takesBinary(file: string, fileTypes: readonly string[]): boolean {
  return fileTypes.includes('*') || fileTypes.includes(path.extname(file).slice(1).toLowerCase());
}

/** The first bytes of a file. */
export async function readHead(file: string): Promise<Uint8Array> {
  const handle = await fs.open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
