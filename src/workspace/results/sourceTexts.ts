import { readFile, stat } from 'node:fs/promises';
import { isBatchbookError } from '../../core/errors.ts';
import { insideRoot } from '../../jobfile/root.ts';
import { MAX_FILE_BYTES } from '../../jobfile/sniff.ts';
import { kindOf } from '../../providers/shared/inputContent.ts';
import { officeText } from '../../providers/shared/officeText.ts';
import { decodeText } from '../../providers/text/decode.ts';
import { extensionOf } from '../../providers/text/format.ts';
import { readPdfPages } from '../../providers/text/pdf.ts';

/** Why no text of an input can be shown. `noInput`: the row has none beside its prompt. */
export type NoTextReason = 'gone' | 'picture' | 'tooLarge' | 'unreadable' | 'noText' | 'noInput';

/** The text of an input as far as this machine can tell. */
export type SourceReading =
  | {
      readonly ok: true;
      /** One for each page of a PDF, one for anything else. */
      readonly pages: readonly string[];
      readonly isPaged: boolean;
    }
  | { readonly ok: false; readonly reason: NoTextReason; readonly message: string };

/** Reads inputs as texts. The last one is kept for as long as it does not change on disk: a PDF takes its time. */
export class SourceTexts {
  readonly #root: string;
  #last: { readonly stamp: string; readonly reading: Promise<SourceReading> } | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** @param source Relative to the root, with `/`. */
  async read(source: string): Promise<SourceReading> {
    const located = await insideRoot(this.#root, source);
    if (!located.ok) return noText('gone', `The path ${located.message}.`);
    const stats = await stat(located.absolute).catch(() => undefined);
    if (stats?.isFile() !== true) return noText('gone', 'The file does not exist any more.');
    if (stats.size > MAX_FILE_BYTES) return noText('tooLarge', '');
    const stamp = `${located.absolute}\0${String(stats.mtimeMs)} ${String(stats.size)}`;
    if (this.#last?.stamp !== stamp) this.#last = { stamp, reading: readingOf(source, located.absolute) };
    return this.#last.reading;
  }
}

export function noText(reason: NoTextReason, message: string): SourceReading {
  return { ok: false, reason, message };
}

async function readingOf(source: string, file: string): Promise<SourceReading> {
  try {
    const input = { path: source, bytes: new Uint8Array(await readFile(file)) };
    switch (kindOf(input)) {
      case 'pdf': {
        const pages = await readPdfPages(input);
        return pages.some((page) => page.trim() !== '')
          ? { ok: true, pages, isPaged: true }
          : noText('noText', '');
      }
      case 'image':
        return noText('picture', '');
      case 'office': {
        const text = officeText(input.bytes, extensionOf(source));
        return text === undefined ? noText('unreadable', '') : { ok: true, pages: [text], isPaged: false };
      }
      case 'text':
        return { ok: true, pages: [decodeText(source, input.bytes)], isPaged: false };
    }
  } catch (error) {
    return noText('unreadable', isBatchbookError(error) ? error.userMessage : '');
  }
}
