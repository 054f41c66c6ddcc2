import { PageChannel, type Later, type Surface } from '../protocol/channel.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

let acquired: VsCodeApi | undefined;

/** VS Code gives it out once for each load. */
function vsCodeApi(): VsCodeApi {
  return (acquired ??= acquireVsCodeApi());
}

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** The channel of this page to its host. Called once. What the host wants back after a reload is kept already. */
export function openChannel<S extends Surface>(): PageChannel<S> {
  const api = vsCodeApi();
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
    crypto.randomUUID(),
    later,
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
  vsCodeApi().setState({ ...keptStates(), page });
}

/** What is the page's own, and what its host has asked it to keep: VS Code has one place for both. */
function keptStates(): { readonly page?: unknown; readonly host?: unknown } {
  return vsCodeApi().getState() ?? {};
}
