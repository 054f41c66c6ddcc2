/**
 * What host and page say to each other. State goes down: complete values, the newest wins. Intents and calls come up: an
 * intent has no answer, a call has one, also when its handler throws or the other side goes away.
 */

/** The declaration of one page: its states (host → page), intents and calls (page → host). */
export interface Surface {
  readonly states: object;
  readonly intents: object;
  readonly calls: object;
}

/** One call of a surface: what goes up and what comes back. */
export interface Call<Args, Result> {
  readonly args: Args;
  readonly result: Result;
}

/** A way to the other side. Messages are what JSON can carry. */
export interface Port {
  post(message: unknown): void;
  /** @returns Ends the listening. */
  onMessage(listener: (message: unknown) => void): () => void;
}

export type CallErrorCode = 'invalid' | 'stale' | 'disposed' | 'timeout' | 'internal';

/** Why a call has no result. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: CallErrorCode;

  constructor(code: CallErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Checks what came from a page; throws for what is not of the type. */
export type Parse<T> = (value: unknown) => T;

export type IntentHandlers<S extends Surface> = {
  readonly [K in keyof S['intents']]: {
    readonly parse: Parse<S['intents'][K]>;
    readonly handle: (value: S['intents'][K]) => void;
  };
};

export type CallHandlers<S extends Surface> = {
  readonly [K in keyof S['calls']]: S['calls'][K] extends Call<infer Args, infer Result>
    ? { readonly parse: Parse<Args>; readonly handle: (args: Args) => Promise<Result> | Result }
    : never;
};

/** Runs something later; returns the way to call it off. `setTimeout` in one. */
export type Later = (ms: number, action: () => void) => () => void;

/** Travels as a state of every surface. */
const KEPT = 'kept';
/** States reach a page at most this often; what comes between is never seen. */
const STATE_EVERY_MS = 100;
const CALL_WITHIN_MS = 30_000;

type FromPage =
  | { readonly t: 'hello'; readonly page: string }
  | { readonly t: 'intent'; readonly name: string; readonly value: unknown }
  | { readonly t: 'call'; readonly id: number; readonly name: string; readonly value: unknown };
type FromHost =
  | { readonly t: 'states'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly t: 'result'; readonly page: string; readonly id: number; readonly value: unknown }
  | {
      readonly t: 'error';
      readonly page: string;
      readonly id: number;
      readonly code: CallErrorCode;
      readonly message: string;
    };

/** The host's end. Nothing is posted before the page has said hello; a page made anew gets everything again. */
export class HostChannel<S extends Surface> {
  readonly #port: Port;
  readonly #later: Later;
  readonly #intents: IntentHandlers<S>;
  readonly #calls: CallHandlers<S>;
  readonly #values: Record<string, unknown> = {};
  /** The values as JSON. */
  readonly #texts = new Map<string, string>();
  readonly #unsubscribe: () => void;
  #fresh = new Set<string>();
  #page: string | undefined;
  #wait: (() => void) | undefined;

  constructor(port: Port, handlers: { intents: IntentHandlers<S>; calls: CallHandlers<S> }, later: Later) {
    this.#port = port;
    this.#later = later;
    this.#intents = handlers.intents;
    this.#calls = handlers.calls;
    this.#unsubscribe = port.onMessage((message) => {
      this.#receive(message);
    });
  }

  /** Shows a state to the page, now or as soon as it may be. One that says what it said before is not sent again. */
  setState<K extends keyof S['states'] & string>(name: K, value: S['states'][K]): void {
    this.#set(name, value);
  }

  /** Has the page keep what the host wants back when the window is loaded anew; of what JSON can carry. */
  keep(value: unknown): void {
    this.#set(KEPT, value);
  }

  dispose(): void {
    this.#wait?.();
    this.#page = undefined;
    this.#unsubscribe();
  }

  #set(name: string, value: unknown): void {
    const text = JSON.stringify(value);
    if (this.#texts.get(name) === text) return;
    this.#texts.set(name, text);
    this.#values[name] = value;
    this.#fresh.add(name);
    if (this.#page !== undefined && this.#wait === undefined) this.#flush();
  }

  #flush(): void {
    const values = Object.fromEntries([...this.#fresh].map((name) => [name, this.#values[name]]));
    this.#fresh = new Set();
    this.#post({ t: 'states', values });
    this.#wait = this.#later(STATE_EVERY_MS, () => {
      this.#wait = undefined;
      if (this.#fresh.size > 0) this.#flush();
    });
  }

  #receive(raw: unknown): void {
    const message = readFromPage(raw);
    if (message?.t === 'hello') {
      this.#page = message.page;
      this.#fresh = new Set(Object.keys(this.#values));
      this.#wait?.();
      this.#wait = undefined;
      if (this.#fresh.size > 0) this.#flush();
    } else if (message?.t === 'intent') this.#intent(message.name, message.value);
    else if (message?.t === 'call') void this.#call(message.id, message.name, message.value);
  }

  /** What a page may not say is dropped: it has no answer to show. */
  #intent(name: string, value: unknown): void {
    if (!Object.hasOwn(this.#intents, name)) return;
    const { parse, handle } = this.#intents[name as keyof S['intents']];
    const parsed = tried(() => parse(value));
    if (parsed !== undefined) handle(parsed.value);
  }

  async #call(id: number, name: string, value: unknown): Promise<void> {
    const page = this.#page ?? '';
    const refuse = (code: CallErrorCode, message: string): void => {
      this.#post({ t: 'error', page, id, code, message });
    };
    const handler = Object.hasOwn(this.#calls, name) ? this.#calls[name as keyof S['calls']] : undefined;
    const args = handler === undefined ? undefined : tried(() => (handler.parse as Parse<never>)(value));
    if (handler === undefined || args === undefined) {
      refuse('invalid', `The host does not know the call "${name}" with these arguments.`);
      return;
    }
    try {
      this.#post({ t: 'result', page, id, value: await handler.handle(args.value) });
    } catch (error) {
      if (error instanceof CallError) refuse(error.code, error.message);
      else refuse('internal', error instanceof Error ? error.message : String(error));
    }
  }

  #post(message: FromHost): void {
    if (this.#page !== undefined) this.#port.post(message);
  }
}

/** The page's end. Made once for each load of the page. */
export class PageChannel<S extends Surface> {
  readonly #port: Port;
  readonly #later: Later;
  readonly #page: string;
  readonly #said: unknown[] | undefined;
  readonly #listeners = new Map<string, (value: never) => void>();
  readonly #pending = new Map<number, { settle: (error: CallError | undefined, value: unknown) => void }>();
  readonly #unsubscribe: () => void;
  #next = 1;

  /**
   * @param page An id made at load: a page that was made anew has another one.
   * @param said What the host has said so far, where hello was said for this page already.
   */
  constructor(port: Port, page: string, later: Later, said?: unknown[]) {
    this.#port = port;
    this.#later = later;
    this.#page = page;
    this.#said = said;
    this.#unsubscribe = port.onMessage((message) => {
      this.#receive(message as FromHost);
    });
  }

  /** Says what is done with a state; before `hello`, or the first value is missed. */
  on<K extends keyof S['states'] & string>(name: K, listener: (value: S['states'][K]) => void): void {
    this.#listeners.set(name, listener);
  }

  /** Says how the page keeps what its host wants back; before `hello`. */
  onKeep(listener: (value: unknown) => void): void {
    this.#listeners.set(KEPT, listener);
  }

  /** Takes in what the host has said so far, or asks for every state. */
  hello(): void {
    const said = this.#said;
    if (said === undefined) this.#port.post({ t: 'hello', page: this.#page } satisfies FromPage);
    // As any message: when the script that says hello has run to its end.
    else
      queueMicrotask(() => {
        for (const message of said.splice(0)) this.#receive(message as FromHost);
      });
  }

  intent<K extends keyof S['intents'] & string>(name: K, value: S['intents'][K]): void {
    this.#port.post({ t: 'intent', name, value } satisfies FromPage);
  }

  /** @throws CallError when the host refuses, fails, goes away or does not answer. */
  call<K extends keyof S['calls'] & string>(
    name: K,
    args: S['calls'][K] extends Call<infer Args, unknown> ? Args : never,
  ): Promise<S['calls'][K] extends Call<unknown, infer Result> ? Result : never> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const callOff = this.#later(CALL_WITHIN_MS, () => {
        this.#settle(id, new CallError('timeout', `The host has not answered "${name}".`), undefined);
      });
      this.#pending.set(id, {
        settle: (error, value) => {
          callOff();
          if (error === undefined) resolve(value as never);
          else reject(error);
        },
      });
      this.#port.post({ t: 'call', id, name, value: args } satisfies FromPage);
    });
  }

  dispose(): void {
    this.#unsubscribe();
    for (const id of [...this.#pending.keys()])
      this.#settle(id, new CallError('disposed', 'The page was closed.'), undefined);
  }

  #receive(message: FromHost): void {
    switch (message.t) {
      case 'states':
        for (const [name, value] of Object.entries(message.values))
          this.#listeners.get(name)?.(value as never);
        return;
      case 'result':
        if (message.page === this.#page) this.#settle(message.id, undefined, message.value);
        return;
      case 'error':
        if (message.page === this.#page)
          this.#settle(message.id, new CallError(message.code, message.message), undefined);
    }
  }

  #settle(id: number, error: CallError | undefined, value: unknown): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.settle(error, value);
  }
}

function readFromPage(raw: unknown): FromPage | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const message = raw as Readonly<Record<string, unknown>>;
  const { t, page, name, id, value } = message;
  if (t === 'hello' && typeof page === 'string') return { t, page };
  if (t === 'intent' && typeof name === 'string') return { t, name, value };
  if (t === 'call' && typeof name === 'string' && typeof id === 'number') return { t, id, name, value };
  return undefined;
}

function tried<T>(parse: () => T): { readonly value: T } | undefined {
  try {
    return { value: parse() };
  } catch {
    return undefined;
  }
}
