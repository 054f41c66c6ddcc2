import { ProviderError } from '../../core/errors.ts';
import { recordOf } from './wireValues.ts';

/** A line that long is no result: it would fill the memory. */
const MAX_LINE = 200_000_000;

/**
 * Lines of a stream, as they come; blank ones and a byte order mark at the start are left out. A service that ends its
 * last line without a line break has still sent all of it where that line is a whole object: no object is the beginning of
 * another. Read again it would look the same for ever.
 * @throws ProviderError `truncatedDownload` where the stream breaks, or ends in the middle of a line (promise P2).
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  provider: string,
): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true });
      const end = text.lastIndexOf('\n');
      if (end >= 0) {
        const lines = (rest + text.slice(0, end)).split('\n');
        rest = text.slice(end + 1);
        for (const line of lines) if (line.trim() !== '') yield line;
      } else rest += text;
      if (rest.length > MAX_LINE) throw new RangeError('a line has no end');
    }
    rest += decoder.decode(); // of a character that broke off
  } catch (error) {
    throw broken(provider, error);
  }
  if (rest.trim() === '') return;
  if (Object.keys(parseLine(rest)).length === 0) throw broken(provider, undefined);
  yield rest;
}

/** A line as a JSON object; an empty one where it is none: one bad line is no reason to lose the others. */
export function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(line.replace(/^\uFEFF/, '')));
  } catch {
    return {};
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
