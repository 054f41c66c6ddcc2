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

/** The channel of this page to its host. Called once. */
export function openChannel<S extends Surface>(): PageChannel<S> {
  const api = vsCodeApi();
  return new PageChannel<S>(
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
}

/** What this page kept when it was last shown; `undefined` when it is shown for the first time. */
export function keptState(): unknown {
  return vsCodeApi().getState();
}

/** Keeps what JSON can carry until the page is made anew, after it was hidden. */
export function keepState(state: unknown): void {
  vsCodeApi().setState(state);
}
