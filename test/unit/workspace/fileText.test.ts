import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asFileText, changeOf } from '../../../src/workspace/fileText.ts';

const LF = { text: 'a\nb\n', lineEnd: '\n' };

describe('An answer as the text of its file', () => {
  it('has the line ends of the file, and ends as the file does', () => {
    assert.equal(asFileText('x\ny', { text: 'a\r\n', lineEnd: '\r\n' }).text, 'x\r\ny\r\n');
    assert.equal(asFileText('x\r\ny\r\n\r\n', LF).text, 'x\ny\n');
    assert.equal(asFileText('x\n', { text: 'a', lineEnd: '\n' }).text, 'x');
    assert.equal(asFileText('\ufeffx', LF).text, 'x\n');
  });

  it('is taken out of the one code block around it, and of no other', () => {
    assert.deepEqual(asFileText('```ts\nlet a;\n```\n', LF), { text: 'let a;\n', unwrapped: true });
    assert.deepEqual(asFileText('~~~\nx\n~~~', LF), { text: 'x\n', unwrapped: true });
    assert.equal(asFileText('````\n```\nx\n```\n````', LF).text, '```\nx\n```\n');
    for (const kept of ['Here:\n```\nx\n```', '```\nx\n```\nand\n```\ny\n```', '```\nx', '```x```'])
      assert.deepEqual(asFileText(kept, LF), { text: `${kept}\n`, unwrapped: false }, kept);
    const block = { text: '```\nold\n```\n', lineEnd: '\n' };
    assert.deepEqual(asFileText('```\nnew\n```', block), { text: '```\nnew\n```\n', unwrapped: false });
  });

  it('changes whole lines only, and gives exactly the new text', () => {
    assert.deepEqual(changeOf('a\nb\nc\n', 'a\nB\nc\n'), { start: 2, end: 4, text: 'B\n' });
    const text = fc
      .array(fc.constantFrom('a', 'b', '\n', '\r\n', '😀'), { maxLength: 12 })
      .map((p) => p.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { start, end, text: made } = changeOf(before, after);
        assert.equal(before.slice(0, start) + made + before.slice(end), after);
      }),
    );
  });
});
