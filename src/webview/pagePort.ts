import type { EarlyHello } from '../protocol/earlyHello.ts';
import { PageChannel, type Later, type Surface } from '../protocol/channel.ts';

declare const earlyHello: EarlyHello;

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** The channel of this page to its host. Called once. What the host wants back after a reload is kept already. */
export function openChannel<S extends Surface>(): PageChannel<S> {
  const { api, page, messages, listener } = earlyHello;
  window.removeEventListener('message', listener);
  const channel = new PageChannel<S>(
    {
      post: (message) => {
        api.postMessage(message);
      },
      onMessage: (listener) => {
        const onMessage = (event: MessageEvent<unknown>): void => {
          listener(event.data);
        };
        window.addEventListener('message', onMessage);
        return () => {
          window.removeEventListener('message', onMessage);
        };
      },
    },
    page,
    later,
    messages,
  );
  channel.onKeep((host) => {
    api.setState({ ...keptStates(), host });
  });
  return channel;
}

/** What this page kept when it was last shown; `undefined` when it is shown for the first time. */
export function keptState(): unknown {
  return keptStates().page;
}

/** Keeps what JSON can carry until the page is made anew, after it was hidden. */
export function keepState(page: unknown): void {
  earlyHello.api.setState({ ...keptStates(), page });
}

/** What is the page's own, and what its host has asked it to keep: VS Code has one place for both. */
function keptStates(): { readonly page?: unknown; readonly host?: unknown } {
  return earlyHello.api.getState() ?? {};
}
