import type { PageChannel } from '../../protocol/channel.ts';
import type { DetailState, ResultsSurface, SourceAsked } from '../../protocol/resultsSurface.ts';
import type { DetailTab, ShownDetail } from './detail.ts';

const DETAIL_AFTER_MS = 60;
const STANDING_AFTER_MS = 150;

/** The detail of the row that the person is at, fetched shortly after they came to it. */
export class RowDetail {
  readonly #channel: PageChannel<ResultsSurface>;
  readonly #changed: () => void;
  #row: number | undefined;
  #shown: ShownDetail | 'failed' | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what is asked of the source: only the newest is shown. */
  #turn = 0;

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

  /**
   * Looks whether the row that is shown has another answer by now, and puts it in the place of the one that it had. The
   * tab, the citation, and how much of a long answer was unfolded stay as they are.
   */
  async renew(): Promise<void> {
    const [row, before] = [this.#row, this.#shown];
    if (row === undefined || before === undefined) return;
    if (before === 'failed') {
      this.loadSoon(row);
      return;
    }
    if (before.state.row !== row) return; // the newest is on its way
    // While a row waits for its next answer it has none: the one before stays.
    const state = await this.#channel.call('detail', { row }).catch(() => undefined);
    if (state === undefined || isSame(state, before.state)) return;
    const text = await this.#unfolded(state, before.text.length);
    const now = this.#shown;
    if (typeof now !== 'object' || now.state !== before.state || row !== this.#row) return;
    const citesSame = isSame(state.citations, before.state.citations);
    const citation =
      now.citation !== undefined && now.citation < state.citations.length ? now.citation : undefined;
    this.#show({
      ...{ ...now, state, text, citation },
      ...(now.tab === 'prompt' ? {} : { prompt: undefined }),
      ...(citesSame ? {} : { standing: undefined }),
      ...(citesSame || now.tab === 'source' ? {} : { source: undefined }),
    });
    if (now.tab === 'prompt') await this.#showPrompt();
    if (now.tab === 'source' && !citesSame) await this.#showSource({ citation });
    await this.#loadStanding(state);
  }

  forget(): void {
    clearTimeout(this.#timer);
    [this.#row, this.#shown] = [undefined, undefined];
  }

  /** Shows a tab, and fetches what stands in it when it is first shown. */
  async showTab(tab: DetailTab): Promise<void> {
    if (typeof this.#shown !== 'object') return;
    const { source, prompt, citation, state } = this.#shown;
    this.#show({ ...this.#shown, tab });
    if (tab === 'source' && source === undefined)
      await this.#showSource({ citation: citation ?? (state.citations.length > 0 ? 0 : undefined) });
    if (tab === 'prompt' && prompt === undefined) await this.#showPrompt();
  }

  /** Shows another part of the source. */
  showPart(part: { readonly page: number; readonly from?: number }): Promise<void> {
    const citation = typeof this.#shown === 'object' ? this.#shown.citation : undefined;
    return this.#showSource({ citation, ...part });
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

  /** Shows what is cited in the source here, where an editor cannot or the source is what is looked at. */
  async openCitation(index: number): Promise<void> {
    if (typeof this.#shown !== 'object') return;
    const { tab, state } = this.#shown;
    if (tab === 'source' || state.citations[index]?.opensHere === true) {
      this.#show({ ...this.#shown, tab: 'source' });
      await this.#showSource({ citation: index });
    } else {
      this.#channel.intent('openCitation', { row: state.row, index });
      this.#show({ ...this.#shown, citation: index });
    }
  }

  /** Opens the citation after or before the one that was opened last. */
  async stepCitation(step: 1 | -1): Promise<void> {
    if (typeof this.#shown !== 'object' || this.#shown.state.citations.length === 0) return;
    const { length } = this.#shown.state.citations;
    const from = this.#shown.citation ?? (step === 1 ? -1 : length);
    await this.openCitation(Math.max(0, Math.min(length - 1, from + step)));
  }

  async #load(row: number): Promise<void> {
    const tab = typeof this.#shown === 'object' ? this.#shown.tab : 'answer';
    const state = await this.#channel.call('detail', { row }).catch(() => undefined);
    if (row !== this.#row) return;
    if (state === undefined) {
      this.#show('failed');
      return;
    }
    const nothing = { source: undefined, prompt: undefined, standing: undefined };
    this.#show({ state, text: state.answer.text, tab, citation: undefined, ...nothing });
    await this.showTab(tab);
    await this.#loadStanding(state);
  }

  /** It takes reading the source, which is not done for rows that are only passed. */
  async #loadStanding(of: DetailState): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, STANDING_AFTER_MS));
    if (of.row !== this.#row) return;
    const standing = await this.#channel.call('standing', { row: of.row }).catch(() => undefined);
    this.#add(of, { standing });
  }

  /** As much of an answer as was shown of the one before. */
  async #unfolded({ row, answer }: DetailState, shown: number): Promise<string> {
    let { text } = answer;
    while (text.length < Math.min(shown, answer.length)) {
      const slice = await this.#channel.call('slice', { row, from: text.length }).catch(() => undefined);
      if (slice === undefined || slice.text === '') break;
      text += slice.text;
    }
    return text;
  }

  async #showSource(asked: Omit<SourceAsked, 'row'>): Promise<void> {
    if (typeof this.#shown !== 'object') return;
    const { state } = this.#shown;
    const turn = ++this.#turn;
    const { citation } = asked;
    this.#show({ ...this.#shown, citation });
    const source = await this.#channel
      .call('source', { row: state.row, ...asked })
      .catch(() => 'failed' as const);
    if (turn === this.#turn) this.#add(state, { source });
  }

  async #showPrompt(): Promise<void> {
    if (typeof this.#shown !== 'object') return;
    const { state } = this.#shown;
    const prompt = await this.#channel.call('prompt', { row: state.row }).catch(() => 'failed' as const);
    this.#add(state, { prompt });
  }

  /** Adds what has come of a row, unless another one is shown by now. */
  #add(of: DetailState, part: Partial<Pick<ShownDetail, 'source' | 'prompt' | 'standing'>>): void {
    if (typeof this.#shown === 'object' && this.#shown.state === of) this.#show({ ...this.#shown, ...part });
  }

  #show(shown: ShownDetail | 'failed'): void {
    this.#shown = shown;
    this.#changed();
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
