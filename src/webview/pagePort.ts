import { PageChannel, type Later, type Surface } from '../protocol/channel.ts';

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const later: Later = (ms, action) => {
  const timer = setTimeout(action, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** The channel of this page to its host. VS Code gives it out once for each load. */
export function openChannel<S extends Surface>(): PageChannel<S> {
  const api = acquireVsCodeApi();
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
