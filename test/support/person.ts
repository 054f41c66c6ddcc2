import assert from 'node:assert/strict';
import { CancellationTokenSource, window } from 'vscode';

/** What was shown to the person, and what they could choose from. */
interface Shown {
  readonly text: string;
  readonly choices: readonly string[];
}

type Window = Record<string, (...args: never[]) => unknown>;

/** Somebody who answers, in this order, whatever the window asks; what it only says is kept. Gone with `using`. */
export class Person implements Disposable {
  readonly asked: Shown[] = [];
  readonly told: string[] = [];
  /** Presses *Cancel* on the progress that is shown, as soon as it is. */
  isImpatient = false;
  readonly #answers: (string | undefined)[];
  readonly #before: Window;

  /** @param answers Labels, buttons and texts; `undefined` turns away from a question. */
  constructor(...answers: readonly (string | undefined)[]) {
    this.#answers = [...answers];
    const asWindow = window as unknown as Window;
    const message = (text: string, ...rest: readonly (string | { readonly detail?: string })[]): unknown => {
      const buttons = rest.filter((one) => typeof one === 'string');
      const details = rest.flatMap((one) => (typeof one === 'string' ? [] : (one.detail ?? [])));
      if (buttons.length > 0) return Promise.resolve(this.#answer([text, ...details].join(' '), buttons));
      this.told.push(text);
      return Promise.resolve(undefined);
    };
    const replaced: Window = {
      showInformationMessage: message,
      showWarningMessage: message,
      showErrorMessage: message,
      showInputBox: (options: { readonly title?: string; readonly prompt?: string }) =>
        Promise.resolve(this.#answer(`${options.title ?? ''} ${options.prompt ?? ''}`)),
      showQuickPick: async (
        given: readonly PickItem[] | Promise<readonly PickItem[]>,
        options: { readonly title?: string; readonly canPickMany?: boolean },
      ) => {
        const items = await given;
        const described = items.map(({ label, description, detail }) =>
          [label, description, detail].filter((part) => part !== undefined).join(' | '),
        );
        const label = this.#answer(options.title ?? '', described);
        if (label === undefined) return undefined;
        const item =
          items.find((one) => one.label === label) ?? assert.fail(`no ${label} in ${described.join('; ')}`);
        return options.canPickMany === true ? [item] : item;
      },
      withProgress: async (
        options: { readonly title?: string },
        task: (progress: unknown, token: CancellationTokenSource['token']) => unknown,
      ) => {
        this.asked.push({ text: options.title ?? '', choices: [] });
        const source = new CancellationTokenSource();
        const running = task({ report: () => undefined }, source.token);
        if (this.isImpatient) source.cancel();
        return running;
      },
    };
    this.#before = Object.fromEntries(Object.keys(replaced).map((name) => [name, asWindow[name]!]));
    Object.assign(asWindow, replaced);
  }

  /** Everything that was asked and said. */
  get heard(): string {
    return [...this.asked.flatMap(({ text, choices }) => [text, ...choices]), ...this.told].join('\n');
  }

  [Symbol.dispose](): void {
    Object.assign(window, this.#before);
    assert.deepEqual(this.#answers, [], 'nobody asked for these answers');
  }

  #answer(text: string, choices: readonly string[] = []): string | undefined {
    this.asked.push({ text, choices });
    if (this.#answers.length === 0) assert.fail(`nobody expected to be asked: ${text}`);
    return this.#answers.shift();
  }
}

interface PickItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
}
