import type { PageChannel } from '../../protocol/channel.ts';
import type { ResultsSurface } from '../../protocol/resultsSurface.ts';
import type { DetailTab, ShownDetail } from './detail.ts';

const DETAIL_AFTER_MS = 60;

/** The detail of the row that the person is at, fetched shortly after they came to it. */
export class RowDetail {
  readonly #channel: PageChannel<ResultsSurface>;
  readonly #changed: () => void;
  #row: number | undefined;
  #shown: ShownDetail | 'failed' | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed Called when there is something else to show. */
  constructor(channel: PageChannel<ResultsSurface>, changed: () => void) {
    this.#channel = channel;
    this.#changed = changed;
  }

  /** What has come; of the row before, while the newest is on its way. */
  get shown(): ShownDetail | 'failed' | undefined {
    return this.#shown;
  }

  /** Fetches a row, unless the person goes on to another one at once. */
  loadSoon(row: number): void {
    this.#row = row;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(row), DETAIL_AFTER_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    [this.#row, this.#shown] = [undefined, undefined];
  }

  showTab(tab: DetailTab): void {
    if (typeof this.#shown === 'object') this.#show({ ...this.#shown, tab });
  }

  /** Fetches more of a long answer. */
  async more(): Promise<void> {
    if (typeof this.#shown !== 'object') return;
    const { state: of, text } = this.#shown;
    const slice = await this.#channel
      .call('slice', { row: of.row, from: text.length })
      .catch(() => undefined);
    if (slice === undefined || typeof this.#shown !== 'object' || this.#shown.state !== of) return;
    this.#show({ ...this.#shown, text: text + slice.text });
  }

  openCitation(index: number): void {
    if (typeof this.#shown !== 'object') return;
    this.#channel.intent('openCitation', { row: this.#shown.state.row, index });
    this.#show({ ...this.#shown, citation: index });
  }

  /** Opens the citation after or before the one that was opened last. */
  stepCitation(step: 1 | -1): void {
    if (typeof this.#shown !== 'object' || this.#shown.state.citations.length === 0) return;
    const { length } = this.#shown.state.citations;
    const from = this.#shown.citation ?? (step === 1 ? -1 : length);
    this.openCitation(Math.max(0, Math.min(length - 1, from + step)));
  }

  async #load(row: number): Promise<void> {
    const tab = typeof this.#shown === 'object' ? this.#shown.tab : 'answer';
    const got = await this.#channel.call('detail', { row }).catch(() => undefined);
    if (row !== this.#row) return;
    this.#show(
      got === undefined ? 'failed' : { state: got, text: got.answer.text, tab, citation: undefined },
    );
  }

  #show(shown: ShownDetail | 'failed'): void {
    this.#shown = shown;
    this.#changed();
  }
}
