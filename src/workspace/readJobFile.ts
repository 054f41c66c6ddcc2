import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { ValidationError, describeCause } from '../core/errors.ts';

/**
 * The text of a job file, with its byte order mark.
 * @param file Absolute.
 * @param name How errors name it.
 * @throws ValidationError `jobFile` where it cannot be read, or is not UTF-8.
 */
export async function readJobFile(file: string, name: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ValidationError('jobFile', whyUnread(error as NodeJS.ErrnoException, file, name), {
      cause: error,
    });
  });
  const other = otherEncoding(bytes);
  if (other === undefined) return bytes.toString();
  throw new ValidationError(
    'jobFile',
    `${name} is ${other}, and a job file is text in UTF-8. Save it as UTF-8, or name another file.`,
  );
}

function whyUnread(error: NodeJS.ErrnoException, file: string, name: string): string {
  switch (error.code) {
    case 'ENOENT':
      return `There is no job file ${file}.`;
    case 'EISDIR':
      return `${file} is a folder. Name a job file in it.`;
    default:
      return `${name} cannot be read: ${describeCause(error)}`;
  }
}

function otherEncoding(bytes: Buffer): string | undefined {
  if (bytes.length >= 2 && [0xff_fe, 0xfe_ff].includes(bytes.readUInt16BE())) return 'in UTF-16';
  if (bytes.includes(0)) return 'binary, or in UTF-16 or UTF-32';
  return isUtf8(bytes) ? undefined : 'in another encoding, such as Latin-1';
}
