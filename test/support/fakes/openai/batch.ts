import { FakeBatch, type FakeRow, type Work } from '../fakeBatch.ts';

/** The service gives up on a batch after so long, in seconds. */
export const WINDOW_S = 86_400;

export type Status =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelling'
  | 'cancelled';

export class OpenAIBatch extends FakeBatch {
  status: Status = 'validating';
  inputFile = '';
  endpoint = '';
  metadata: unknown = null;
  errors: readonly unknown[] | null = null;
  /** When it came to a status, in seconds since the epoch. */
  readonly at: Partial<Record<Status, number>> = {};
  output: string | null = null;
  errorFile: string | null = null;
  /** Its files that nobody has read yet. */
  readonly unread = new Set<string>();

  become(status: Status, at: number): void {
    this.status = status;
    this.at[status] ??= at;
  }
}

/** The batch object of the service, which has null wherever its types say that there is nothing. */
export function batchView(batch: OpenAIBatch, workOf: (row: FakeRow) => Work): unknown {
  const { at, rows } = batch;
  const createdAt = Math.floor(batch.createdAt / 1000);
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    model: rows[0] === undefined ? null : workOf(rows[0]).model,
    errors: batch.errors === null ? null : { object: 'list', data: batch.errors },
    input_file_id: batch.inputFile,
    completion_window: '24h',
    status: batch.status,
    output_file_id: batch.output,
    error_file_id: batch.errorFile,
    created_at: createdAt,
    in_progress_at: at.in_progress ?? null,
    expires_at: createdAt + WINDOW_S,
    finalizing_at: at.finalizing ?? null,
    completed_at: at.completed ?? null,
    failed_at: at.failed ?? null,
    expired_at: at.expired ?? null,
    cancelling_at: at.cancelling ?? null,
    cancelled_at: at.cancelled ?? null,
    request_counts: countsOf(batch, workOf),
    usage: batch.status === 'completed' ? usageOf(batch, workOf) : null,
    metadata: batch.metadata,
  };
}

function countsOf({ rows, done, status, endedAt }: OpenAIBatch, workOf: (row: FakeRow) => Work): unknown {
  const total = rows.length;
  if (endedAt === undefined)
    return { total, completed: status === 'in_progress' ? total >> 1 : total, failed: 0 };
  const failed = rows.slice(0, done).filter((row) => workOf(row).usage === undefined).length;
  return { total, completed: done - failed, failed: failed + total - done };
}

function usageOf({ rows, done }: OpenAIBatch, workOf: (row: FakeRow) => Work): unknown {
  let [input, cached, output, reasoning] = [0, 0, 0, 0];
  for (const row of rows.slice(0, done)) {
    const { usage } = workOf(row);
    if (usage === undefined) continue;
    cached += usage.cacheRead ?? 0;
    input += usage.input + (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0);
    output += usage.output;
    reasoning += usage.thinking ?? 0;
  }
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
