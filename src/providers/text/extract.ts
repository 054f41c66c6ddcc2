import { ValidationError } from '../../core/errors.ts';
import type { InputFile } from '../../core/job.ts';
import type { TextBlock } from './blocks.ts';
import { codeBlocks } from './code.ts';
import { decodeText } from './decode.ts';
import { formatOf } from './format.ts';
import { htmlBlocks } from './html.ts';
import { jsonBlocks, tableBlocks } from './data.ts';
import { markdownBlocks } from './markdown.ts';
import { pdfBlocks } from './pdf.ts';
import { plainBlocks } from './plain.ts';

/**
 * The readable text of a file, without its markup.
 *
 * @throws ValidationError `validation`, naming the file, where it holds no text that can be read: a binary format, an
 * unknown encoding, a PDF that is encrypted, broken or only pictures.
 */
export async function extractBlocks(file: InputFile): Promise<readonly TextBlock[]> {
  if (startsWithPdfHeader(file.bytes)) return pdfBlocks(file);
  const format = formatOf(file.path);
  if (format === 'pdf') return pdfBlocks(file);
  if (format === 'binary') {
    throw new ValidationError(
      'validation',
      `${file.path} is not a text file. Convert it to text or PDF first.`,
    );
  }
  const text = decodeText(file.path, file.bytes);
  switch (format) {
    case 'markdown':
      return markdownBlocks(text);
    case 'html':
      return htmlBlocks(text);
    case 'code':
      return codeBlocks(text, file.path);
    case 'table':
      return tableBlocks(text);
    case 'json':
      return jsonBlocks(text);
    case 'plain':
      return plainBlocks(text);
  }
}

function startsWithPdfHeader(bytes: Uint8Array): boolean {
  return [0x25, 0x50, 0x44, 0x46, 0x2d].every((byte, i) => bytes[i] === byte);
}
