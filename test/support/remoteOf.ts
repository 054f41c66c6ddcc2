import type { Remote } from '../../src/workspace/results/workerMessages.ts';

/** A session as it is on the other side of a thread: every method is answered later, with what a message can carry. */
export function remoteOf<Session extends object>(session: Session): Remote<Session> {
  const methods = session as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  return new Proxy({} as Remote<Session>, {
    get:
      (_, method: string) =>
      async (...args: readonly unknown[]) =>
        structuredClone(await methods[method]?.(...args)),
  });
}
