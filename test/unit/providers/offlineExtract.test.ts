import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { extractBlocks } from '../../../src/providers/text/extract.ts';
import { htmlBlocks } from '../../../src/providers/text/html.ts';

const fixtures = new URL('../../fixtures/offline/', import.meta.url);
const examples = new URL('../../../examples/texts/', import.meta.url);

async function lines(path: string, content: string | Uint8Array): Promise<readonly string[]> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return (await extractBlocks({ path, bytes })).map((block) => `${block.kind}: ${block.text}`);
}

const isNamed = (name: string, what: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'code' in error);
  assert.equal(error.code, 'validation');
  assert.ok(error.message.startsWith(name), error.message);
  assert.match(error.message, what);
  return true;
};

describe('text extraction', () => {
  it('decodes UTF-8 and UTF-16 by their mark, declared encodings, and Western text without either', async () => {
    const utf16 = Buffer.from('\ufeffGrüße aus Köln.', 'utf16le');
    assert.deepEqual(await lines('a.txt', '\ufeffGrüße aus Köln.'), ['prose: Grüße aus Köln.']);
    assert.deepEqual(await lines('a.txt', utf16), ['prose: Grüße aus Köln.']);
    assert.deepEqual(await lines('a.txt', Buffer.from(utf16).swap16()), ['prose: Grüße aus Köln.']);
    assert.deepEqual(await lines('a.txt', Buffer.from('Grüße aus Köln.', 'latin1')), [
      'prose: Grüße aus Köln.',
    ]);
    const greek = Buffer.concat([
      Buffer.from('<meta charset="iso-8859-7"><p>'),
      Buffer.from([0xcd, 0xe5, 0xf1, 0xfc]),
    ]);
    assert.deepEqual(await lines('a.html', greek), ['prose: Νερό']);
  });

  it('refuses bytes that are not text, by name', async () => {
    await assert.rejects(
      lines('a.txt', new Uint8Array([1, 2, 3, 0, 5])),
      isNamed('a.txt', /not a text file/),
    );
    await assert.rejects(lines('logo.png', 'x'), isNamed('logo.png', /not a text file/));
    const shiftJis = Buffer.from([0x90, 0x85, 0x93, 0xb9, 0x82, 0xcc, 0x95, 0xf1, 0x8d, 0x90]);
    await assert.rejects(lines('b.txt', shiftJis), isNamed('b.txt', /Save it as UTF-8/));
  });

  it('undoes hard line breaks and hyphenation in plain text', async () => {
    const text =
      'The water in the reser-\nvoir has been falling\nsince the start of May.\n\n- first entry\n  goes on\n- second';
    assert.deepEqual(await lines('a.txt', text), [
      'prose: The water in the reservoir has been falling since the start of May.',
      'item: first entry goes on',
      'item: second',
    ]);
  });

  it('leaves headers, quoted mail and signatures out of mail', async () => {
    const mail =
      'From: a@b.example\nSubject: Re: The lamps\n\nThe lamps can be dimmed.\n\nOn Mon, 9 Feb, Marta wrote:\n> Can they be dimmed?\n\n-- \nJonas\nPier 4\n\nFrom: c@d.example\nSubject: Done\n\nThank you.';
    assert.deepEqual(await lines('a.eml', mail), [
      'heading: The lamps',
      'prose: The lamps can be dimmed.',
      'heading: Done',
      'prose: Thank you.',
    ]);
  });

  it('strips Markdown and keeps what it shows', async () => {
    const text = [
      '---\ntitle: "The plan"\ntags: [x]\n---',
      '# The *dam* #\n',
      'It **leaks**, see [the report](http://x.example/a_b) and `dam.md`.',
      '![a picture](p.png) snake_case stays.\n',
      '```js\nconst hidden = 1;\n```',
      '> quoted &amp; kept\n',
      '| a | b |\n| --- | --- |\n| 1 | 2 |\n',
      '- [ ] one\n- two\n\nOld heading\n---\n\n[ref]: http://x.example',
    ].join('\n');
    assert.deepEqual(await lines('a.md', text), [
      'heading: The plan',
      'heading: The dam',
      'prose: It leaks, see the report and dam.md. a picture snake_case stays.',
      'prose: quoted & kept',
      'item: a · b',
      'item: 1 · 2',
      'item: one',
      'item: two',
      'heading: Old heading',
    ]);
  });

  it('keeps the article of an HTML page and drops scripts, styles and navigation', async () => {
    const blocks = (
      await lines('night-trains.html', await readFile(new URL('night-trains.html', examples)))
    ).join('\n');
    assert.match(
      blocks,
      /^heading: Night trains are back, and full — The Line\nheading: Night trains are back/,
    );
    assert.match(blocks, /prose: Ten years after most of Europe’s night trains/);
    assert.match(blocks, /item: Paris–Berlin · 12 March/);
    assert.doesNotMatch(blocks, /Tracking|Georgia|Subscribe|cookies|Advertisement|</);
  });

  it('reads broken HTML as far as it goes', () => {
    const show = (html: string): readonly string[] => htmlBlocks(html).map((block) => block.text);
    assert.deepEqual(show('<p>One<p>Two<br>three &#x41;&#66;&nope; 1 < 2'), [
      'One',
      'Two three AB&nope; 1 < 2',
    ]);
    assert.deepEqual(show('<nav><p>Never closed'), ['Never closed']);
    assert.deepEqual(show(`<a title="a > b">x</a><p title=it's>y`), ['x', 'y']);
    assert.deepEqual(show('<script>never closed <p>x'), []);
  });

  it('reads hostile HTML in linear time', function () {
    this.timeout(20_000);
    const parts = [
      '<',
      '<a "',
      '<a b="',
      '<nav>',
      '</form><nav>',
      '<div>',
      '<!--',
      '<script>',
      '<a b=c',
      '&',
      '<p title=">',
    ];
    for (const part of parts) {
      const timeOf = (times: number): number => {
        const started = performance.now();
        htmlBlocks(part.repeat(times));
        return performance.now() - started;
      };
      timeOf(20_000); // warms up
      // Linear is 8 times, quadratic 64; a few milliseconds are lost in whatever else the machine does.
      assert.ok(timeOf(160_000) < 32 * (timeOf(20_000) + 10), part);
    }
  });

  it('says what a source file defines and what its comments say', async () => {
    const source = [
      '// eslint-disable-next-line',
      '/**\n * Counts the {@link Water} that flows.\n *\n * @param x ignored\n */',
      'export class Meter {\n  read() {}\n}',
      'export async function flow() {}\nfunction drain() {}\ntype Water = number;',
      '// one line',
      'const a = 1;',
    ].join('\n');
    assert.deepEqual(await lines('meter.ts', source), [
      'prose: Counts the Water that flows.',
      'fact: Defines the class Meter, the type Water, the functions flow and drain, and the constant a.',
    ]);
    assert.deepEqual(
      await lines('m.py', '"""Counts water."""\n\ndef flow():\n    """Say how much flows."""\n'),
      ['prose: Counts water.', 'prose: Say how much flows.', 'fact: Defines the function flow.'],
    );
  });

  it('says what a table and a JSON file hold', async () => {
    assert.deepEqual(await lines('a.csv', 'site,litres\nKelm,4\nAu,5\n'), [
      'fact: Table of 2 rows with the columns site and litres.',
      'item: Kelm, 4',
      'item: Au, 5',
    ]);
    assert.deepEqual(await lines('a.json', '{"id":1,"note":"The dam leaks badly."}'), [
      'fact: JSON object with the keys id and note.',
      'prose: The dam leaks badly.',
    ]);
    assert.deepEqual(await lines('a.json', '{"broken'), ['heading: {"broken']);
  });

  it('reads the text of a PDF', async () => {
    const blocks = await lines('report.pdf', await readFile(new URL('peatland-report.pdf', examples)));
    assert.equal(blocks[0], 'heading: Peatland Restoration on Harrow Moor: Results After Five Years');
    assert.ok(blocks.some((block) => block.includes('blocked 310 ditches with dams of peat and timber')));
    assert.ok(!blocks.some((block) => /: \d$/.test(block)), 'page numbers are left out');
  });

  it('refuses a PDF that is encrypted, damaged or without text, by name', async () => {
    const encrypted = await readFile(new URL('encrypted.pdf', fixtures));
    const blank = await readFile(new URL('blank.pdf', fixtures));
    await assert.rejects(lines('e.pdf', encrypted), isNamed('e.pdf', /is encrypted/));
    await assert.rejects(lines('s.pdf', blank), isNamed('s.pdf', /has no text/));
    await assert.rejects(lines('d.pdf', '%PDF-1.7 and then nothing'), isNamed('d.pdf', /damaged/));
    await assert.rejects(lines('n.pdf', 'not a PDF'), isNamed('n.pdf', /damaged/));
  });

  it('never throws on text of any kind in any format', async () => {
    const path = fc.constantFrom('a.txt', 'a.md', 'a.html', 'a.ts', 'a.py', 'a.csv', 'a.json');
    await fc.assert(
      fc.asyncProperty(path, fc.string({ unit: 'grapheme', maxLength: 300 }), async (name, text) => {
        const clean = text.replace(/[^\P{Cc}\n\t]/gu, '');
        for (const block of await extractBlocks({ path: name, bytes: new TextEncoder().encode(clean) })) {
          assert.equal(block.text, block.text.trim());
          assert.notEqual(block.text, '');
        }
      }),
    );
  });
});
