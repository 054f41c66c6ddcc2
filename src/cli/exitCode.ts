import { ERROR_CODES, EXIT_CODES, type ErrorCode } from '../core/vocabulary.ts';
import { isBatchbookError } from '../core/errors.ts';
import type { RunStatus } from '../core/status.ts';

/** Error codes that mean that the service would not have us. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['auth', 'providerRefused', 'invalidRequest', 'notFound']);

/** The exit code of a command that drove or watched a run to this status: the first that applies. */
export function exitCodeOf(status: RunStatus): number {
  if (status.code === 'notConfirmed') return EXIT_CODES.usage;
  if (status.code !== undefined && REFUSALS.has(status.code)) return EXIT_CODES.credentials;
  switch (status.state) {
    case 'needsDecision':
      return EXIT_CODES.needsDecision;
    case 'stoppedByLimit':
      return EXIT_CODES.stoppedByLimit;
    case 'finished':
      return status.counts.ok === status.counts.total ? EXIT_CODES.ok : EXIT_CODES.someRowsNotOk;
    case 'waiting': // a pilot that is done; a probe that was refused has a code
      return EXIT_CODES.ok;
    case 'planned':
    case 'running':
    case 'cancelling':
    case 'stopped':
      return EXIT_CODES.interrupted;
  }
}

/** The exit code of a command that threw. */
export function exitCodeOfError(error: unknown): number {
  return EXIT_CODES[isBatchbookError(error) ? ERROR_CODES[error.code].exit : 'someRowsNotOk'];
}
