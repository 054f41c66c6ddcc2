import { ProviderError } from '../../core/errors.ts';

/** A line that long is no result: it would fill the memory. */
const MAX_LINE = 200_000_000;

/**
 * Lines of a stream, as they come.
 * @throws ProviderError `truncatedDownload` where the stream breaks, or does not end with a line break (promise P2).
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  provider: string,
): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield line;
      if (rest.length > MAX_LINE) throw new RangeError('a line has no end');
    }
  } catch (error) {
    throw broken(provider, error);
  }
  if (rest.trim() !== '') throw broken(provider, undefined);
}

/** A line as JSON; `undefined` where it is none: one bad line is no reason to lose the others. */
export function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function broken(provider: string, cause: unknown): ProviderError {
  return new ProviderError(
    'truncatedDownload',
    provider,
    `The results of ${provider} broke off in the middle; they are read again.`,
    { cause },
  );
}
