import { parentPort, workerData } from 'node:worker_threads';
import { describeCause, isBatchbookError } from '../../core/errors.ts';
import { ResultsSession } from './resultsSession.ts';
import type { CallMessage, SessionPlace, WorkerMessage } from './workerMessages.ts';

/** The thread on which one run's results are read: a bundle of its own, started with a `SessionPlace`. */
const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

const opening = ResultsSession.open({
  ...(workerData as SessionPlace),
  onView: (view) => {
    post({ t: 'view', view });
  },
  now: () => performance.now(),
});
opening.catch(() => undefined); // every call says why

parentPort?.on('message', (message: CallMessage) => void answer(message));

async function answer({ id, method, args }: CallMessage): Promise<void> {
  try {
    const session = await opening;
    const value: unknown = await (session[method] as (...all: readonly unknown[]) => unknown)(...args);
    post({ t: 'result', id, value });
  } catch (error) {
    const [code, message] = isBatchbookError(error)
      ? ([error.code, error.userMessage] as const)
      : (['internal', describeCause(error)] as const);
    post({ t: 'error', id, code, message });
  }
}
