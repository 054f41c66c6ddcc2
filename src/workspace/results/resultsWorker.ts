import { parentPort, workerData } from 'node:worker_threads';
import { describeCause, isBatchbookError } from '../../core/errors.ts';
import { CompareSession } from '../compare/compareSession.ts';
import { ResultsSession } from './resultsSession.ts';
import type { CallMessage, ThreadStart, WorkerMessage } from './workerMessages.ts';

/** The thread on which the results of a run, or of two, are read: a bundle of its own, started with a `ThreadStart`. */
const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

const opening = open(workerData as ThreadStart);
opening.catch(() => undefined); // every call says why

parentPort?.on('message', (message: CallMessage) => void answer(message));

function open(start: ThreadStart): Promise<object> {
  const tell = (value: unknown): void => {
    post({ t: 'told', value });
  };
  switch (start.kind) {
    case 'results':
      return ResultsSession.open({ ...start, onView: tell, now: () => performance.now() });
    case 'comparison':
      return CompareSession.open(start, tell);
  }
}

async function answer({ id, method, args }: CallMessage): Promise<void> {
  try {
    const session = (await opening) as Readonly<Record<string, (...all: readonly unknown[]) => unknown>>;
    const value: unknown = await session[method]?.(...args);
    post({ t: 'result', id, value });
  } catch (error) {
    const [code, message] = isBatchbookError(error)
      ? ([error.code, error.userMessage] as const)
      : (['internal', describeCause(error)] as const);
    post({ t: 'error', id, code, message });
  }
}
