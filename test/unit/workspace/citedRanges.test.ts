import assert from 'node:assert/strict';
import fc from 'fast-check';
import { citedRanges } from '../../../src/workspace/results/citedRanges.ts';
import { nearestPassage } from '../../../src/workspace/results/nearestPassage.ts';
import { sourcePart } from '../../../src/workspace/results/sourcePart.ts';

const word = fc.constantFrom(
  'notice',
  'EUR',
  '50,000',
  'ninety',
  'des',
  'Vertrags',
  '(90)',
  'ß',
  '\ud83d\ude00',
  '.',
);
const space = fc.constantFrom(' ', '\n', '  ', '\r\n', '\t');
const words = (least: number, most: number): fc.Arbitrary<string[]> =>
  fc.array(word, { minLength: least, maxLength: most });

describe('What is cited', () => {
  it('is found in the pages that are named, whatever the spaces and line ends there', () => {
    fc.assert(
      fc.property(
        words(0, 8),
        words(1, 6),
        words(0, 8),
        fc.array(space, { minLength: 1 }),
        fc.nat(),
        (a, cited, b, spaces, cut) => {
          const text = [...a, ...cited, ...b].map((one, i) => one + spaces[i % spaces.length]!).join('');
          const at = cut % (text.length + 1);
          const pages = ['before', text.slice(0, at), text.slice(at), 'after'];
          const ranges = citedRanges(pages, { citedText: cited.join(' '), pageRange: [2, 4] });
          const found = ranges.map(({ page, start, end }) => pages[page]!.slice(start, end)).join('');
          assert.equal(found.replaceAll(/\s/g, ''), cited.join(''));
          assert.ok(ranges.every(({ page }) => page === 1 || page === 2));
        },
      ),
    );
  });

  it('is found in a text at its range, else nearest to it, and nowhere else', () => {
    const text = 'a b a b a';
    const at = (start: number): unknown =>
      citedRanges([text], { citedText: 'a', charRange: [start, start + 1] })[0]?.start;
    assert.deepEqual([0, 1, 3, 4, 7, 8, 99].map(at), [0, 0, 4, 4, 8, 8, 8]);
    assert.deepEqual(citedRanges([text], { citedText: 'c' }), []);
    assert.deepEqual(citedRanges([text], { citedText: ' \n' }), []);
    assert.deepEqual(citedRanges([text], { citedText: 'a', pageRange: [7, 8] }), []);
  });

  it('is shown in a part that never splits a character and, part by part, is all of the page', () => {
    const long = fc
      .array(fc.constantFrom('x'.repeat(997), '\ud83d\ude00'.repeat(501), '\n', 'abc\n'), { maxLength: 120 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(long, (text) => {
        let [from, all] = [0, ''];
        do {
          const part = sourcePart([text], [], { from });
          assert.equal(part.from, from);
          const shown = part.pieces.map((piece) => piece.text).join('');
          assert.ok(shown.isWellFormed());
          all += shown;
          assert.ok(part.to > from || part.length === from);
          from = part.to;
        } while (from < text.length);
        assert.equal(all, text);
      }),
      { numRuns: 30 },
    );
  });
});

describe('The nearest passage', () => {
  it('is the one on the page that says almost the same', () => {
    const page = 'The parties agree.\n14.1 The cap is EUR 50,000 per event. Each party bears its own costs.';
    assert.equal(nearestPassage(page, 'limited to EUR 500,000 in aggregate'), 'EUR 50,000 per event');
    assert.equal(nearestPassage(page, 'Jeder zahlt'), undefined);
    assert.equal(nearestPassage('', 'anything'), undefined);
    assert.equal(nearestPassage(page, ' … '), undefined);
  });

  it('stands in the source, is short, and is the same every time', () => {
    fc.assert(
      fc.property(words(0, 60), words(1, 12), (source, cited) => {
        const text = source.join(' ');
        const found = nearestPassage(text, cited.join(' '));
        assert.equal(nearestPassage(text, cited.join(' ')), found);
        if (found === undefined) return;
        assert.ok(found.length <= 161);
        assert.ok(text.includes(found.replace(/…$/, '')), found);
      }),
    );
  });

  it('is a copy with one other word, wherever in a source without those words it stands', () => {
    const cited = 'renews for twelve months unless ended with ninety days of written notice';
    const filler = Array.from({ length: 400 }, (_, i) => `zz${String(i)}`);
    fc.assert(
      fc.property(fc.nat(400), fc.nat(11), (at, other) => {
        const copy = cited.split(' ').map((one, i) => (i === other ? 'qqq' : one));
        const found = nearestPassage([...filler.slice(0, at), ...copy, ...filler.slice(at)].join(' '), cited);
        const shared = copy.filter((one) => one !== 'qqq');
        assert.ok(
          shared.every((one) => found?.includes(one)),
          found,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is found in 20 MB, and measures it', () => {
    const line = 'the parties agree that nothing of interest is said in this line\n';
    const text = `${line.repeat(160_000)}The liability cap is EUR 50,000 per event.\n${line.repeat(160_000)}`;
    const began = performance.now();
    const found = nearestPassage(text, 'liability is limited to EUR 500,000 in aggregate');
    const ms = performance.now() - began;
    assert.match(found ?? '', /liability cap is EUR 50,000 per event/);
    process.stdout.write(
      `      nearest passage in ${(text.length / 1e6).toFixed(0)} MB: ${ms.toFixed(0)} ms\n`,
    );
  });
});
