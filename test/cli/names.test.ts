import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { assertCode, runCli, statusIn } from '../support/cli/cli.ts';
import type { FileContent } from '../support/cli/folder.ts';
import { JOB, withSummaries } from '../support/cli/jobs.ts';

const TEXT = 'The bridge is old. Two trains cross it each day.\n';

describe('names and contents of files', () => {
  for (const [what, name, content] of [
    ['Japanese', 'docs/里山の図書館.txt', TEXT],
    ['an emoji', 'docs/🚂 train.md', TEXT],
    ['spaces at its ends', 'docs/ two words .md', TEXT],
    ['quotes and a percent sign', `docs/it's "50%" & more.md`, TEXT],
    ['what globs are made of', 'docs/a[1]{b}!(c).md', TEXT],
    ['a leading minus', 'docs/-rf.md', TEXT],
    ['what templates are made of', 'docs/{{file.path}}.md', TEXT],
    ['250 characters', `docs/${'n'.repeat(247)}.md`, TEXT],
    ['a decomposed umlaut', 'docs/u\u0308ber.md', TEXT],
    ['CRLF content', 'docs/crlf.txt', TEXT.replaceAll(' ', '\r\n')],
    ['a byte order mark', 'docs/bom.txt', `\ufeff${TEXT}`],
    ['one character', 'docs/one.txt', 'x'],
  ] as const) {
    it(`a file with ${what} is a row and has its answer`, async () => {
      await using folder = await withSummaries({ output: 'each' }, { [name]: content });
      const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
      assertCode(said, 0);
      assert.equal(statusIn(said).counts.ok, 1);
      const written = await readdir(folder.path('results'), { recursive: true, withFileTypes: true });
      assert.equal(written.filter((entry) => entry.isFile()).length, 1);
      const results = await runCli(folder, ['results', '--format', 'md']);
      const heading = name.normalize('NFC').replaceAll(/[\\`*_[\]<>#|~]/g, '\\$&');
      assert.ok(results.stdout.includes(`## ${heading}`), results.stdout);
    });
  }

  for (const [what, files, says] of [
    ['0 bytes', { 'docs/empty.md': '' }, /docs\/empty\.md is empty \(0 bytes\)/],
    ['a NUL byte', { 'docs/x.bin': new Uint8Array([1, 0, 2, 255]) }, /docs\/x\.bin is not text/],
    [
      'a name in NFC beside its NFD twin',
      { 'docs/\u00fc.md': TEXT, 'docs/u\u0308.md': TEXT },
      /u\{308\}.*u\{fc\}|u\{fc\}.*u\{308\}/,
    ],
    [
      'a name in other case than another',
      { 'docs/a.md': TEXT, 'docs/A.md': TEXT },
      /is also the output of row/,
    ],
  ] as const satisfies readonly (readonly [string, Record<string, FileContent>, RegExp])[]) {
    it(`a file with ${what} is a problem that is named`, async () => {
      await using folder = await withSummaries({}, files);
      const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
      assertCode(said, 2);
      assert.match(said.stderr, says);
      assert.match(said.stderr, /^job\.batch\.json:\d+:\d+: /);
    });
  }

  it('a file with a name of 300 bytes in its answer is a row whose output name is cut', async () => {
    const name = `${'長'.repeat(80)}.md`;
    await using folder = await withSummaries({ output: 'out/{{file.name}}.txt' }, { [`docs/${name}`]: TEXT });
    assertCode(await runCli(folder, ['run', JOB, '--yes']), 0);
    const [output] = await readdir(folder.path('out'));
    assert.ok(output !== undefined && Buffer.byteLength(output) <= 130, output);
  });

  it('an empty or binary file among others is left out and shown, and the others run', async () => {
    const files = { 'docs/a.md': TEXT, 'docs/empty.md': '', 'docs/x.bin': new Uint8Array([0, 1, 2]) };
    await using folder = await withSummaries({}, files);
    const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
    assertCode(said, 0);
    assert.equal(statusIn(said).counts.total, 1);
    assert.match(said.stderr, /Left out: 1 file, which is empty.*\n +docs\/empty\.md\n/);
    assert.match(said.stderr, /Left out: 1 file, which is not text.*\n +docs\/x\.bin\n/);
  });
});
