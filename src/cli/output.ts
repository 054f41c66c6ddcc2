import { JobFileError, describeCause, isBatchbookError, type Problem } from '../core/errors.ts';
import { EXIT_CODES, type ErrorCode } from '../core/vocabulary.ts';

/** Where a command writes. With `json`, standard output gets one JSON document (or JSON lines) and nothing else. */
export interface Output {
  readonly json: boolean;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** What the command was asked for: standard output; nothing with `json`. */
  text(text: string): void;
  /** What goes on meanwhile: standard error. */
  note(text: string): void;
  /** The document of `json`; nothing without. */
  document(value: unknown): void;
}

/**
 * A reader that goes away (`| head`) ends this process quietly; standard output on a disk that is full, with a sentence.
 * What standard error cannot take is lost, and stops nothing.
 */
export function watchStreams(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CODES.ok);
    const message = `Standard output cannot be written: ${describeCause(error)}. Write it where there is room; the runs are kept as they are.`;
    process.stderr.write(`${message}\n`, () => process.exit(EXIT_CODES.someRowsNotOk));
  });
}

/** Writes to this process's streams. */
export function processOutput(json: boolean): Output {
  return {
    json,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    text: (text) => {
      if (!json) process.stdout.write(`${text}\n`);
    },
    note: (text) => {
      process.stderr.write(`${text}\n`);
    },
    document: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
  };
}

/** Shows an error: one line a problem on standard error, and as a document with `json`. */
export function showError(output: Output, error: unknown): void {
  const code = isBatchbookError(error) ? error.code : 'internal';
  const message = isBatchbookError(error) ? error.userMessage : `Unexpected failure: ${describeCause(error)}`;
  output.note(message);
  if (!isBatchbookError(error) && error instanceof Error && process.env['BATCHBOOK_DEBUG'] !== undefined)
    output.note(String(error.stack));
  documentError(output, code, message, error instanceof JobFileError ? error.problems : undefined);
}

/** The document of a command that failed. */
export function documentError(
  output: Output,
  code: ErrorCode,
  message: string,
  problems?: readonly Problem[],
): void {
  output.document({ error: { code, message, ...(problems === undefined ? {} : { problems }) } });
}
