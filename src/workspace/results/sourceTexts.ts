import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isBatchbookError } from '../../core/errors.ts';
import { insideRoot } from '../../jobfile/root.ts';
import { MAX_FILE_BYTES } from '../../jobfile/sniff.ts';
import { kindOf } from '../../providers/shared/inputContent.ts';
import { officeText } from '../../providers/shared/officeText.ts';
import { decodeText } from '../../providers/text/decode.ts';
import { extensionOf } from '../../providers/text/format.ts';
import { openPdf, type OpenPdf } from '../../providers/text/pdf.ts';

/** Why no text of an input can be shown. `noInput`: the row has none beside its prompt. */
export type NoTextReason = 'gone' | 'picture' | 'tooLarge' | 'unreadable' | 'noInput';

/** A text in pages: those of a PDF, one for anything else. */
export interface SourcePages {
  readonly isPaged: boolean;
  readonly count: number;
  /**
   * All pages, of which those outside this range are empty; pages count from 0, the end is exclusive.
   * @throws ValidationError where a page is broken.
   */
  readonly read: (from: number, to: number) => Promise<readonly string[]>;
}

/** The text of an input as far as this machine can tell. */
export type SourceReading =
  | ({ readonly ok: true } & SourcePages)
  | { readonly ok: false; readonly reason: NoTextReason; readonly message: string };

/** Reads inputs as texts. The last one is kept for as long as it does not change on disk: a PDF stays open. */
export class SourceTexts {
  readonly #root: string;
  #last: { readonly stamp: string; readonly reading: Promise<SourceReading & Closable> } | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** @param source Relative to the root, with `/`. */
  async read(source: string): Promise<SourceReading> {
    const found = await this.#find(source);
    if (typeof found === 'string') return noText('gone', found);
    const { file, stats } = found;
    if (stats.size > MAX_FILE_BYTES) return noText('tooLarge', '');
    const stamp = `${file}\0${String(stats.mtimeMs)} ${String(stats.size)}`;
    if (this.#last?.stamp !== stamp) {
      void this.#last?.reading.then(({ close }) => close?.());
      this.#last = { stamp, reading: readingOf(source, file) };
    }
    return this.#last.reading;
  }

  /** Whether there is such a file below the root. */
  async isThere(source: string): Promise<boolean> {
    return typeof (await this.#find(source)) !== 'string';
  }

  /** The file, or why there is none. */
  async #find(source: string): Promise<{ readonly file: string; readonly stats: Stats } | string> {
    const located = await insideRoot(this.#root, source);
    if (!located.ok) return `The path ${located.message}.`;
    const stats = await stat(located.absolute).catch(() => undefined);
    if (stats?.isFile() !== true) return 'The file does not exist any more.';
    return { file: located.absolute, stats };
  }
}

export function noText(reason: NoTextReason, message: string): SourceReading {
  return { ok: false, reason, message };
}

/** What holds a file open until it is not looked at any more. */
interface Closable {
  readonly close?: () => Promise<void>;
}

async function readingOf(source: string, file: string): Promise<SourceReading & Closable> {
  try {
    const input = { path: source, bytes: new Uint8Array(await readFile(file)) };
    switch (kindOf(input)) {
      case 'pdf':
        return pdfReading(await openPdf(input));
      case 'image':
        return noText('picture', '');
      case 'office': {
        const text = officeText(input.bytes, extensionOf(source));
        return text === undefined ? noText('unreadable', '') : onePage(text);
      }
      case 'text':
        return onePage(decodeText(source, input.bytes));
    }
  } catch (error) {
    return noText('unreadable', isBatchbookError(error) ? error.userMessage : '');
  }
}

/** A text without pages. */
export function onePage(text: string): SourceReading {
  return {
    ok: true,
    isPaged: false,
    count: 1,
    read: (from, to) => Promise.resolve([from < 1 && to > 0 ? text : '']),
  };
}

/** Each page is read once, and others have their turn after each. */
function pdfReading({ count, textOf, close }: OpenPdf): SourceReading & Closable {
  const known = new Map<number, Promise<string>>();
  const read = async (from: number, to: number): Promise<readonly string[]> => {
    const pages = Array.from({ length: count }, () => '');
    for (let page = Math.max(0, from); page < Math.min(count, to); page++) {
      const reading = known.get(page) ?? textOf(page);
      known.set(page, reading);
      pages[page] = await reading;
      await setImmediate();
    }
    return pages;
  };
  return { ok: true, isPaged: true, count, read, close };
}
