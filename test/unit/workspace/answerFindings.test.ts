import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { answerFindings, fileOfFinding, type Finding } from '../../../src/workspace/answerFindings.ts';
import { Folder } from '../../support/cli/folder.ts';
import { resultSourceOf } from '../../support/resultSource.ts';

function findingsOf(...answers: readonly unknown[]): readonly Finding[] {
  const rows = answers.map((parsedResponse, i) => ({
    source: `src/${String(i)}.ts`,
    stored: { response: '', parsedResponse },
  }));
  return [...answerFindings(resultSourceOf(rows))].filter((one) => one !== undefined);
}

const BASE = { line: 3, severity: 'error', message: 'No.' };

describe('Findings in answers', () => {
  it('are an object, a list of them, or the one list in an object; the file is the row’s own unless it is named', () => {
    const found = findingsOf(BASE, [BASE, { ...BASE, file: './lib\\x.ts' }], {
      summary: 'x',
      issues: [BASE],
    });
    assert.deepEqual(
      found.map(({ file, line }) => [file, line]),
      [
        ['src/0.ts', 3],
        ['src/1.ts', 3],
        ['lib/x.ts', 3],
        ['src/2.ts', 3],
      ],
    );
  });

  it('have one of four severities, whichever word the answer uses', () => {
    const words = ['error', 'HIGH', 'warning', 'medium', 'info', 'low', 'hint'];
    const found = findingsOf(words.map((severity) => ({ ...BASE, severity })));
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ['error', 'error', 'warning', 'warning', 'info', 'info', 'hint'],
    );
  });

  it('are passed over where they are none', () => {
    const { message: _, ...silent } = BASE;
    const none = [
      7,
      null,
      'text',
      {},
      silent,
      { ...BASE, line: 0 },
      { ...BASE, line: 1.5 },
      { ...BASE, severity: 'x' },
    ];
    assert.deepEqual(findingsOf(...none, { a: [BASE], b: [BASE] }, { ...BASE, severity: 'constructor' }), []);
  });

  it('have messages of plain text that ends somewhere', () => {
    const [first, second] = findingsOf(
      { ...BASE, message: 'a\u202eb\u0000c\u001b[31m\ud800' },
      { ...BASE, message: 'x'.repeat(1_000_000) },
    );
    assert.equal(first?.message, 'ab c [31m\ufffd');
    assert.ok((second?.message.length ?? 0) < 2_100);
  });

  it('are about files inside the root only, links resolved', async () => {
    await using folder = await Folder.with({ 'a.ts': 'x', '../out.ts': 'x' });
    await symlink('../out.ts', folder.path('link.ts'));
    const at = (file: string): Promise<string | undefined> =>
      fileOfFinding(folder.root, { ...BASE, severity: 'error', ordinal: 0, file });
    assert.equal(await at('a.ts'), folder.path('a.ts'));
    for (const file of ['../out.ts', 'link.ts', '/etc/passwd', 'C:/x', 'a\0b'])
      assert.equal(await at(file), undefined, file);
  });
});
