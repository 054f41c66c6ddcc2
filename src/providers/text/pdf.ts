import { describeCause, ValidationError } from '../../core/errors.ts';
import type { InputFile } from '../../core/job.ts';
import type { TextBlock } from './blocks.ts';
import { plainBlocks } from './plain.ts';

/**
 * Blocks of a PDF's text layer, without running heads and page numbers. The reader (2 MB of code) is loaded on first
 * use.
 *
 * @throws ValidationError `validation`, naming the file, where it is encrypted, broken, or has no text.
 */
export async function pdfBlocks(file: InputFile): Promise<readonly TextBlock[]> {
  const pages = await readPdfPages(file);
  const blocks = plainBlocks(withoutRunningLines(pages).join('\n'));
  if (blocks.length === 0) {
    throw new ValidationError(
      'validation',
      `${file.path} has no text in it, only pictures of pages. Run text recognition (OCR) on it first.`,
    );
  }
  return blocks;
}

/**
 * The text of each page of a PDF.
 * @throws ValidationError `validation`, naming the file, where it is encrypted or broken.
 */
export async function readPdfPages(file: InputFile): Promise<readonly string[]> {
  const pdf = await openPdf(file);
  try {
    return await Promise.all(Array.from({ length: pdf.count }, (_, page) => pdf.textOf(page)));
  } finally {
    await pdf.close();
  }
}

/** A PDF that is read page by page. */
export interface OpenPdf {
  /** Of its pages. */
  readonly count: number;
  /**
   * @param page From 0.
   * @throws ValidationError as `openPdf`.
   */
  readonly textOf: (page: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** @throws ValidationError `validation`, naming the file, where it is encrypted or broken. */
export async function openPdf(file: InputFile): Promise<OpenPdf> {
  const { getDocumentProxy } = await import('unpdf');
  // The reader takes the bytes over for good, so it gets a copy.
  const document = await getDocumentProxy(new Uint8Array(file.bytes), { verbosity: 0 }).catch(
    (error: unknown) => {
      throw unreadable(file, error);
    },
  );
  return {
    count: document.numPages,
    textOf: async (page) => {
      try {
        const { items } = await (await document.getPage(page + 1)).getTextContent();
        return items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('');
      } catch (error) {
        throw unreadable(file, error);
      }
    },
    close: () => document.loadingTask.destroy(),
  };
}

function unreadable(file: InputFile, cause: unknown): ValidationError {
  const message =
    cause instanceof Error && cause.name === 'PasswordException'
      ? `${file.path} is encrypted. Save a copy without a password.`
      : `${file.path} cannot be read as a PDF; it may be damaged (${describeCause(cause)}).`;
  return new ValidationError('validation', message, { cause });
}

/** Leaves out lines of digits, and first and last lines that stand on three pages or more but for their digits. */
function withoutRunningLines(pages: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  const split = pages.map((page) => page.split('\n').filter((line) => line.trim() !== ''));
  for (const lines of split) {
    for (const shape of new Set(edges(lines).map(shapeOf))) seen.set(shape, (seen.get(shape) ?? 0) + 1);
  }
  return split.flatMap((lines) =>
    lines.filter((line, i) => {
      const shape = shapeOf(line);
      const atEdge = i === 0 || i === lines.length - 1;
      return shape !== '' && !(atEdge && (seen.get(shape) ?? 0) >= 3);
    }),
  );
}

function edges(lines: readonly string[]): readonly string[] {
  return [lines[0], lines.at(-1)].filter((line) => line !== undefined);
}

function shapeOf(line: string): string {
  return line.replace(/[\d\s./–-]+/gu, '');
}
