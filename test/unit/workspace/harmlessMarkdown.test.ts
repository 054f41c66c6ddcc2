import assert from 'node:assert/strict';
import fc from 'fast-check';
import { marked, type Token } from 'marked';
import { fencedJson, harmlessMarkdown, oneLine } from '../../../src/workspace/harmlessMarkdown.ts';

/** What a reader of Markdown makes of a text. */
function tokensOf(markdown: string): readonly Token[] {
  const found: Token[] = [];
  void marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token) => {
    found.push(token);
  });
  return found;
}

/** Nothing runs, is fetched or leads elsewhere than it says, and no heading is as high as a row's. */
function assertHarmless(markdown: string): void {
  for (const token of tokensOf(markdown)) {
    const says = JSON.stringify([token.raw, markdown]);
    assert.ok(!['html', 'image', 'def'].includes(token.type), `${token.type}: ${says}`);
    if (token.type === 'link') assert.equal(token['text'], token.raw, says);
    if (token.type === 'heading') assert.ok((token['depth'] as number) >= 3, says);
  }
  assert.doesNotMatch(markdown, /[[\u202a-\u202e\u2066-\u2069\p{Cc}]--[\n\t]]/v);
  assert.equal(markdown, markdown.toWellFormed());
}

const FRAGMENT = fc.oneof(
  fc.constantFrom('`', '``', '```', '````', '~~~', '`` ', ' `', '\n', '\n\n', '\r', '\n\t', '    ', '  '),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '<img src=x onerror=y>',
    '<!-- ',
    '-->',
    '<b',
    '<?',
    '<![CDATA[',
  ),
  fc.constantFrom(
    '![a](http://evil/x.png)',
    '[a](javascript:x)',
    '[a]: http://evil',
    '[a][a]',
    '![a]',
    '<http://evil>',
  ),
  fc.constantFrom(
    '# x',
    '## x',
    '- ',
    '> ',
    '1. ',
    '---',
    '===',
    '| ',
    '|-|-|',
    '\\',
    '*',
    '_',
    '&lt;',
    'word',
    ' ',
  ),
  fc.constantFrom('\u202e', '\u2066', '\ud800', '\0', '\u001b', '\u2028', '\u00a0'),
);

describe('Harmless Markdown', () => {
  it('runs nothing, fetches nothing, and hides no address, whatever the answer is made of', () => {
    fc.assert(
      fc.property(fc.array(FRAGMENT, { maxLength: 25 }), (parts) => {
        assertHarmless(harmlessMarkdown(parts.join('')));
      }),
      { numRuns: 5_000 },
    );
  });

  it('leaves an ordinary answer as it was, but for its headings', () => {
    const answer = [
      'The *first* paragraph, with `<code>` and a < b.',
      '',
      '- one',
      '- two',
      '',
      '| a | b |',
      '| - | - |',
      '| 1 | 2 |',
      '',
      '```html',
      '<p># as it is</p>',
      '```',
      '',
    ].join('\n');
    assert.equal(harmlessMarkdown(answer), answer);
    assert.equal(harmlessMarkdown('# Title\n\n> ## Quoted'), '### Title\n\n> #### Quoted');
  });

  it('shows addresses instead of hiding them, and HTML as text', () => {
    const html = marked.parse(harmlessMarkdown('[bank](http://evil) ![p](http://evil/p) <b>bold</b>'), {
      async: false,
    });
    assert.doesNotMatch(html, /<img|<b>|>bank</);
    assert.match(html, /\[bank\]\(/);
    assert.match(html, /&lt;b&gt;bold&lt;\/b&gt;|&lt;b>bold/);
  });

  it('takes time that grows with the text alone', function () {
    this.timeout(20_000);
    const runs = Array.from({ length: 1_500 }, (_, i) => '`'.repeat(i + 1)).join('x');
    const begun = performance.now();
    for (const text of [runs, '`x'.repeat(500_000), '# '.repeat(500_000), '<'.repeat(1_000_000)])
      assert.ok(harmlessMarkdown(text).length >= text.length);
    process.stdout.write(`      4 MB of hostile Markdown: ${(performance.now() - begun).toFixed(0)} ms\n`);
  });

  it('keeps names on one line, and JSON in its block', () => {
    assert.equal(oneLine('a\n# b | <i>'), 'a \\# b \\| \\<i\\>');
    assert.ok(oneLine('x'.repeat(5_000)).length < 1_100);
    const tokens = marked.lexer(fencedJson('{"a": "```"}\n```\n# b'));
    assert.deepEqual(
      tokens.map(({ type }) => type),
      ['code'],
    );
  });
});
