import { open } from 'node:fs/promises';
import { StateError } from '../core/errors.ts';

/** A terminated line with its place in the file. */
export interface Line {
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
  /** Offset of the byte after its newline. */
  readonly end: number;
}

/**
 * The terminated lines of a file from a byte offset on. An unterminated last line is left alone: it may still be being
 * written. Memory is bounded by the longest line.
 */
export async function* readLines(file: string, offset = 0, firstNumber = 1): AsyncGenerator<Line> {
  const handle = await open(file, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let position = offset;
    let number = firstNumber;
    const chunk = Buffer.alloc(256 * 1024);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      let buffer = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      position += bytesRead;
      let base = position - buffer.length;
      for (let at = buffer.indexOf(0x0a); at >= 0; at = buffer.indexOf(0x0a)) {
        yield { text: buffer.toString('utf8', 0, at), number: number++, end: base + at + 1 };
        base += at + 1;
        buffer = buffer.subarray(at + 1);
      }
      rest = buffer;
    }
  } finally {
    await handle.close();
  }
}

/** Parses one line of a state file. @throws StateError `corruptState` with file and line. */
export function parseLine(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new StateError(
      'corruptState',
      `${file} line ${String(line)} cannot be read. Nothing was changed; restore the file from a backup, or start a new run.`,
      { cause: error },
    );
  }
}
