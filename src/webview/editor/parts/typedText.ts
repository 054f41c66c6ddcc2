import type { Later } from '../../../protocol/channel.ts';

/** A pause in typing after which what is typed is sent. */
const PAUSE_MS = 500;

/**
 * What is typed into a field and not yet in the document. It is sent at the end of a word, after a pause, or when asked
 * for; an answer that only repeats what was sent is told from a change that somebody else has made.
 */
export class TypedText {
  readonly #send: (value: string) => void;
  readonly #later: Later;
  /** What the document said last. */
  #confirmed: string;
  /** Sent since, and not yet said by the document. */
  #inFlight: string[] = [];
  /** Read only when it is needed: a key must not cost a copy of the whole text. */
  #shown: () => string;
  #callOff: (() => void) | undefined;

  constructor(value: string, send: (value: string) => void, later: Later) {
    this.#confirmed = value;
    this.#shown = () => value;
    this.#send = send;
    this.#later = later;
  }

  /** What the document said last: what was typed since is the difference to it. */
  get confirmed(): string {
    return this.#confirmed;
  }

  /**
   * The field holds another text.
   * @param shown Reads what the field holds at that moment.
   * @param endsWord Whether what was typed ends a word.
   */
  typed(shown: () => string, endsWord: boolean): void {
    this.#shown = shown;
    if (endsWord) this.flush();
    else {
      this.#callOff?.();
      this.#callOff = this.#later(PAUSE_MS, () => {
        this.flush();
      });
    }
  }

  /** Sends what is typed and not yet sent. */
  flush(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    const shown = this.#shown();
    if (shown === (this.#inFlight.at(-1) ?? this.#confirmed)) return;
    this.#inFlight.push(shown);
    this.#send(shown);
  }

  /**
   * The document says `value` now.
   * @returns What it said before, where somebody else has changed it: the difference is to be taken into the field, and
   * `merged` told of the result. `undefined`: nothing to do.
   */
  said(value: string): string | undefined {
    if (value === this.#confirmed) return undefined;
    const echo = this.#inFlight.indexOf(value);
    const before = this.#confirmed;
    this.#confirmed = value;
    if (echo >= 0) {
      this.#inFlight.splice(0, echo + 1);
      return undefined;
    }
    this.#inFlight = [];
    return before;
  }

  /** The field holds what was typed and what somebody else has changed. */
  merged(shown: string): void {
    this.#shown = () => shown;
    if (shown === this.#confirmed) {
      this.#callOff?.();
      this.#callOff = undefined;
    } else this.typed(() => shown, false);
  }

  /** Nothing is sent any more. */
  dispose(): void {
    this.#callOff?.();
  }
}
