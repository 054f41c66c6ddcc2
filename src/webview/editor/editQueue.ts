import { CallError } from '../../protocol/channel.ts';
import type { DocumentState, EditResult } from '../../protocol/editorSurface.ts';

/** Sends one change against the document as it is; `undefined` where the change makes no sense there. */
export type Attempt = (document: DocumentState) => Promise<EditResult> | undefined;

/**
 * One change at a time, in their order, each against the newest revision. A change that came too late is tried again on
 * the next document, as often as the document moves on.
 */
export class EditQueue {
  #document: DocumentState | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: { readonly rev: number; readonly go: () => void }[] = [];

  /** The document moved on. */
  documentCame(document: DocumentState): void {
    this.#document = document;
    const ready = this.#waiting.filter(({ rev }) => rev <= document.rev);
    this.#waiting = this.#waiting.filter(({ rev }) => rev > document.rev);
    for (const { go } of ready) go();
  }

  /**
   * @returns What came of it, once the document shows it; `undefined` where the change made no sense any more.
   * @throws CallError when the host refuses or fails.
   */
  send(attempt: Attempt): Promise<EditResult | undefined> {
    const sent = this.#last.then(() => this.#try(attempt));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  /** Resolves when everything that was sent so far has come back. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #try(attempt: Attempt): Promise<EditResult | undefined> {
    for (;;) {
      const document = this.#document;
      if (document === undefined) return undefined;
      try {
        const result = await attempt(document);
        if (result !== undefined) await this.#reached(result.rev);
        return result;
      } catch (error) {
        if (!(error instanceof CallError && error.code === 'stale')) throw error;
        await this.#reached(document.rev + 1);
      }
    }
  }

  #reached(rev: number): Promise<void> {
    if (this.#document !== undefined && this.#document.rev >= rev) return Promise.resolve();
    return new Promise((go) => {
      this.#waiting.push({ rev, go });
    });
  }
}
