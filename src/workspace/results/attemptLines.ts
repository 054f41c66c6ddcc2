import { jsonIn } from '../../core/answerCheck.ts';
import { isBatchbookError } from '../../core/errors.ts';
import type { JobResult } from '../../core/job.ts';
import type { RunReader, StoredResult } from '../../core/stateManager.ts';
import type { AttemptOutcome } from '../../core/vocabulary.ts';

/** One attempt of a row that has ended. */
export interface AttemptLine {
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** `undefined`: the service did not tell. */
  readonly costNanoUsd: number | undefined;
  readonly batchId: string | undefined;
  /** Why it did not count, as the service or the check says; empty where nobody says more than the outcome. */
  readonly why: string;
  /** The first field that broke the schema, with the value that it had. */
  readonly broken: { readonly field: string; readonly value: string } | undefined;
}

/** An answer that broke its schema is looked into up to this size. */
const LOOKED_INTO_CHARACTERS = 100_000;
const WHY_CHARACTERS = 500;
const VALUE_CHARACTERS = 80;

type Source = Pick<RunReader, 'ledger' | 'readResult'>;

/** As the batches tell them; an attempt outside any batch, such as for a file that is gone, is the last one. */
export function attemptLines(source: Source, row: number, result: JobResult): readonly AttemptLine[] {
  const { ledger } = source;
  const lines: AttemptLine[] = [...ledger.batches.values()].flatMap(({ finished, batchId }) => {
    const one = finished.get(row);
    if (one === undefined) return [];
    const [, attempt, outcome, , , , cost, inputTokens, outputTokens] = one;
    const base = { attempt, outcome, inputTokens, outputTokens, costNanoUsd: cost ?? undefined, batchId };
    return [{ ...base, ...reasonOf(outcome === 'ok' ? undefined : attemptStored(source, row, attempt)) }];
  });
  const { attempts, outcome } = ledger.row(row);
  if (
    outcome !== undefined &&
    result.reusedFrom === undefined &&
    !lines.some((line) => line.attempt === attempts)
  )
    lines.push({
      ...{ attempt: attempts, outcome, inputTokens: result.inputTokens, outputTokens: result.outputTokens },
      ...{ costNanoUsd: undefined, batchId: result.batchId },
      ...{ why: result.error?.message.slice(0, WHY_CHARACTERS) ?? '', broken: undefined },
    });
  return lines.sort((a, b) => a.attempt - b.attempt);
}

/** What one attempt of a row has brought; `undefined` where there was none, or its bytes were changed. */
export function attemptStored(source: Source, row: number, attempt: number): StoredResult | undefined {
  for (const { finished } of source.ledger.batches.values()) {
    const one = finished.get(row);
    if (one?.[1] !== attempt) continue;
    const [, , , offset, length, checksum] = one;
    try {
      return source.readResult([offset, length, checksum]);
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return undefined;
    }
  }
  return undefined;
}

function reasonOf(stored: StoredResult | undefined): Pick<AttemptLine, 'why' | 'broken'> {
  const why = stored?.error?.message ?? '';
  return {
    why: why.slice(0, WHY_CHARACTERS),
    broken: stored?.outcome === 'invalid' ? brokenField(why, stored.response ?? '') : undefined,
  };
}

/** By the first pointer in the validator's words, such as `/lines/0/sum must be number`. */
function brokenField(why: string, response: string): AttemptLine['broken'] {
  const [, pointer] = /(?:^|; )((?:\/[^/\s]+)+)/.exec(why) ?? [];
  if (pointer === undefined || response.length > LOOKED_INTO_CHARACTERS) return undefined;
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let value: unknown = jsonIn(response)?.value;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  const field = steps.reduce((path, step) => {
    if (/^\d+$/.test(step)) return `${path}[${step}]`;
    return path === '' ? step : `${path}.${step}`;
  }, '');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { field, value: text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text };
}
