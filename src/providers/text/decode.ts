import { ValidationError } from '../../core/errors.ts';

/**
 * The text of a file's bytes: UTF-8 or UTF-16 by their byte order mark, else UTF-8, else the encoding the file itself
 * declares (an HTML `charset`), else Windows-1252 where the bytes look like a Western European text.
 *
 * @throws ValidationError `validation`, naming the file, where the bytes are not text or in no encoding that can be told.
 */
export function decodeText(path: string, bytes: Uint8Array): string {
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  if (looksBinary(bytes)) throw new ValidationError('validation', `${path} is not a text file.`);
  const utf8 = tryDecode('utf-8', bytes);
  if (utf8 !== undefined) return utf8;
  const declared = declaredEncoding(bytes);
  const asDeclared = declared === undefined ? undefined : tryDecode(declared, bytes);
  if (asDeclared !== undefined) return asDeclared;
  if (looksWestern(bytes)) return new TextDecoder('windows-1252').decode(bytes);
  throw new ValidationError(
    'validation',
    `${path} is in an encoding that cannot be told from its content. Save it as UTF-8.`,
  );
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Control characters that no text has: more than one byte in fifty, or any NUL. */
function looksBinary(bytes: Uint8Array): boolean {
  let control = 0;
  for (const byte of bytes) {
    if (byte === 0) return true;
    if (byte < 0x20 && !(byte >= 0x07 && byte <= 0x0d) && byte !== 0x1b) control++;
  }
  return control * 50 > bytes.length;
}

/** Western texts are mostly ASCII; texts of other scripts in old encodings are mostly not. */
function looksWestern(bytes: Uint8Array): boolean {
  let high = 0;
  for (const byte of bytes) if (byte >= 0x80) high++;
  return high * 4 < bytes.length;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('windows-1252').decode(bytes.subarray(0, 2048));
  return /(?:charset|encoding)\s*=\s*["']?([\w-]{2,40})/i.exec(head)?.[1];
}

function tryDecode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
