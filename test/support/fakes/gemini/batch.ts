import { FakeBatch, type FakeRow, type Work } from '../fakeBatch.ts';

const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1main';

export type State = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

export class GeminiBatch extends FakeBatch {
  state: State = 'PENDING';
  model = '';
  displayName = '';
  inputFile = '';
  isCancelling = false;
  error: { readonly code: number; readonly message: string } | undefined;
  output: string | undefined;
}

/** The operation that the service makes of a batch: numbers are strings, zeros and empty parts are left out. */
export function operationOf(batch: GeminiBatch, now: number, workOf: (row: FakeRow) => Work): unknown {
  const isDone = batch.endedAt !== undefined;
  const output = batch.output === undefined ? undefined : { responsesFile: batch.output };
  return {
    name: batch.id,
    metadata: {
      '@type': `${TYPES}.GenerateContentBatch`,
      name: batch.id,
      model: `models/${batch.model}`,
      displayName: batch.displayName,
      createTime: new Date(batch.createdAt).toISOString(),
      updateTime: new Date(batch.endedAt ?? now).toISOString(),
      ...(isDone ? { endTime: new Date(batch.endedAt ?? now).toISOString() } : {}),
      inputConfig: { fileName: batch.inputFile },
      state: `BATCH_STATE_${batch.state}`,
      batchStats: statsOf(batch, workOf),
      ...(output === undefined ? {} : { output }),
    },
    ...(isDone ? { done: true } : {}),
    ...(batch.error === undefined ? {} : { error: batch.error }),
    ...(output === undefined
      ? {}
      : { response: { '@type': `${TYPES}.GenerateContentBatchOutput`, ...output } }),
  };
}

function statsOf(
  { rows, done, state, endedAt }: GeminiBatch,
  workOf: (row: FakeRow) => Work,
): Readonly<Record<string, string>> {
  const total = rows.length;
  const isRunning = endedAt === undefined;
  const failed = rows.slice(0, done).filter((row) => workOf(row).usage === undefined).length;
  const half = state === 'RUNNING' ? total >> 1 : 0;
  const stats = {
    requestCount: total,
    successfulRequestCount: isRunning ? half : done - failed,
    failedRequestCount: failed,
    pendingRequestCount: isRunning ? total - half : 0,
  };
  return Object.fromEntries(
    Object.entries(stats)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [name, String(count)]),
  );
}
