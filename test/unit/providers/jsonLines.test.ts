import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linesOf } from '../../../src/providers/shared/jsonLines.ts';

const BYTES = new TextEncoder();

async function* stream(...chunks: readonly (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    if (chunk instanceof Error) throw chunk;
    yield typeof chunk === 'string' ? BYTES.encode(chunk) : chunk;
  }
}

async function linesIn(...chunks: readonly (string | Uint8Array | Error)[]): Promise<string[]> {
  return Array.fromAsync(linesOf(stream(...chunks), 'openai'));
}

describe('The lines of a download', () => {
  it('are the same however the bytes come', async () => {
    const lines = ['{"a":"ä"}', '{"b":"漢字 😀"}', '{}', '{"long":"' + 'x'.repeat(500) + '"}'];
    const bytes = BYTES.encode(`${lines.join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 }), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        assert.deepEqual(await linesIn(...chunks), lines);
      }),
    );
  });

  it('may end as on Windows, may be blank and may begin with a byte order mark', async () => {
    const lines = await linesIn('\uFEFF{"a":1}\r\n', '\r\n \n{"b":2}\r', '\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [{ a: 1 }, { b: 2 }],
    );
  });

  it('are none where there is nothing', async () => {
    assert.deepEqual(await linesIn(), []);
    assert.deepEqual(await linesIn('\n'), []);
  });

  it('are complete without a line break at the end where the last one is a whole object', async () => {
    assert.deepEqual(await linesIn('{"a":1}\n{"b"', ':2}'), ['{"a":1}', '{"b":2}']);
    assert.deepEqual(await linesIn('{"a":1}'), ['{"a":1}']);
  });

  it('are not complete in the middle of one, even after half a character (P2)', async () => {
    const rests = ['{"b":2', '{', '2', '"b"', '{}', '{"b":{"c":1}', '[1]', Uint8Array.of(0xe6, 0xbc)];
    for (const rest of rests) {
      const seen: string[] = [];
      const reading = (async () => {
        for await (const line of linesOf(stream('{"a":1}\n', rest), 'openai')) seen.push(line);
      })();
      await assert.rejects(reading, { code: 'truncatedDownload', retryable: true });
      assert.deepEqual(seen, ['{"a":1}'], 'what came whole was read');
    }
  });

  it('are not complete where the stream breaks, and the cause is kept', async () => {
    const cause = new TypeError('terminated');
    await assert.rejects(linesIn('{"a":1}\n', cause), { code: 'truncatedDownload', cause });
  });

  it('are refused where one has no end', async () => {
    const chunk = 'x'.repeat(2 ** 25);
    await assert.rejects(linesIn(...Array<string>(7).fill(chunk)), { code: 'truncatedDownload' });
  });
});
