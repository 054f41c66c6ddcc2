import type { ReadSource } from '../../core/citations.ts';
import { isBatchbookError } from '../../core/errors.ts';
import { decodeText } from './decode.ts';
import { formatOf } from './format.ts';
import { readPdfPages } from './pdf.ts';

/** The text that a model reads of a file, as far as this machine can tell. */
export const readSourceText: ReadSource = async (file) => {
  try {
    return formatOf(file.path) === 'pdf' ? await readPdfPages(file) : [decodeText(file.path, file.bytes)];
  } catch (error) {
    if (!isBatchbookError(error) || error.code !== 'validation') throw error;
    return undefined;
  }
};
