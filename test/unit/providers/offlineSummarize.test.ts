import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sentencesAskedFor } from '../../../src/providers/offline/request.ts';
import { summarize } from '../../../src/providers/offline/summarize.ts';
import { markdownBlocks } from '../../../src/providers/text/markdown.ts';
import { plainBlocks } from '../../../src/providers/text/plain.ts';

const three = { sentences: 3, maxTokens: 500 };

const DAM = `The dam at Kelm holds back eleven million cubic metres of water. It was built in 1931 by Dr. Ada Wirth, and nobody has changed it since.
The village has a bakery. Engineers inspected the dam in May and found that water seeps through its foundation. My cousin likes cakes.
They recommend that the water behind the dam be lowered by four metres until the foundation is sealed.`;

describe('the offline summariser', () => {
  it('picks what a text is about and leaves out what it mentions in passing', () => {
    const { text } = summarize(plainBlocks(DAM), three);
    assert.match(text, /holds back eleven million cubic metres/);
    assert.match(text, /recommend that the water/);
    assert.doesNotMatch(text, /bakery|cakes/);
  });

  it('keeps the order of the text and gives as many sentences as were asked for', () => {
    for (const sentences of [1, 2, 3, 4]) {
      const summary = summarize(plainBlocks(DAM), { sentences, maxTokens: 500 });
      const flat = DAM.replaceAll('\n', ' ');
      const places = summary.sentences.map((sentence) => flat.indexOf(sentence));
      assert.equal(summary.sentences.length, sentences);
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
      );
      assert.ok(!places.includes(-1));
    }
  });

  it('does not take the full stop of an abbreviation for the end of a sentence', () => {
    const { sentences } = summarize(plainBlocks(DAM), { sentences: 6, maxTokens: 500 });
    assert.ok(sentences.some((sentence) => sentence.includes('built in 1931 by Dr. Ada Wirth, and nobody')));
    const german =
      'Am 3. Mai wurde das Werk eröffnet, z. B. mit einer Rede von Prof. Lang. Der Umsatz stieg auf 2 Mio. Euro.';
    assert.deepEqual(summarize(plainBlocks(german), three).sentences, [
      'Am 3. Mai wurde das Werk eröffnet, z. B. mit einer Rede von Prof. Lang.',
      'Der Umsatz stieg auf 2 Mio. Euro.',
    ]);
  });

  it('says nothing twice', () => {
    const repeated = `The reservoir lost a third of its water in the dry summer. Filler about other matters stands here. 
The reservoir lost a third of its water in the very dry summer. The council pays for new pipes in the old town.`;
    const { text } = summarize(plainBlocks(repeated), { sentences: 4, maxTokens: 500 });
    assert.equal(text.match(/lost a third/g)?.length, 1);
  });

  it('splits Japanese, Chinese, Arabic and Hindi by their own full stops', () => {
    const texts = {
      ja: ['図書館は三年前に開館した。', '利用者は年間五万人を超える。', '来年度は高校生が資料を整理する。'],
      zh: ['这座水库建于一九三一年。', '工程师发现大坝的地基漏水。', '他们建议把水位降低四米。'],
      ar: ['افتتحت المكتبة قبل ثلاث سنوات.', 'هل يزورها كثير من الناس؟', 'يزورها خمسون ألف شخص في السنة.'],
      hi: ['पुस्तकालय तीन साल पहले खुला था।', 'हर साल पचास हज़ार लोग आते हैं।', 'अगले साल छात्र मदद करेंगे।'],
    };
    for (const [language, sentences] of Object.entries(texts)) {
      const joined = sentences.join(language === 'ja' || language === 'zh' ? '' : ' ');
      const summary = summarize(plainBlocks(joined), three);
      assert.deepEqual(summary.sentences, sentences, language);
      assert.equal(summary.text, joined);
    }
  });

  it('ends as truncated after the last whole sentence that maxTokens leaves room for', () => {
    const all = summarize(plainBlocks(DAM), three);
    const cut = summarize(plainBlocks(DAM), { sentences: 3, maxTokens: 30 });
    assert.equal(all.truncated, false);
    assert.equal(cut.truncated, true);
    assert.ok(
      cut.sentences.length >= 1 && all.text.startsWith(cut.text) && cut.text.length < all.text.length,
    );
    assert.equal(summarize(plainBlocks(DAM), { sentences: 1, maxTokens: 5 }).text, 'The dam at Kelm');
  });

  it('leaves headings out unless there is nothing else', () => {
    assert.equal(summarize(markdownBlocks('# Water\n\nThe dam leaks.'), three).text, 'The dam leaks.');
    assert.equal(summarize(markdownBlocks('# Water'), three).text, 'Water');
  });

  it('takes linear time, with and without punctuation', function () {
    this.timeout(60_000);
    const words = 'river council bridge repair budget school winter market signal harvest'.split(' ');
    const sentence = (i: number): string =>
      `The ${words[i % 10] ?? ''} of ${words[(i * 7) % 9] ?? ''} number ${String(i)} met the ${words[(i * 3) % 10] ?? ''} again.`;
    const long = Array.from({ length: 20_000 }, (_, i) => sentence(i)).join(' ');
    for (const text of [long, 'word '.repeat(200_000), '水'.repeat(350_000), 'x'.repeat(1_000_000)]) {
      const timeOf = (length: number): number => {
        const started = performance.now();
        summarize(plainBlocks(text.slice(0, length)), three);
        return performance.now() - started;
      };
      timeOf(text.length / 8); // warms up
      // Linear is 8 times, quadratic 64.
      assert.ok(timeOf(text.length) < 32 * (timeOf(text.length / 8) + 10), text.slice(0, 40));
    }
  });

  it('gives sentences that stand word for word in the text, always the same, for any text', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 80 }),
        (text, sentences, maxTokens) => {
          const blocks = markdownBlocks(text);
          const summary = summarize(blocks, { sentences, maxTokens });
          for (const sentence of summary.sentences)
            assert.ok(blocks.some((block) => block.text.includes(sentence)));
          assert.ok(summary.sentences.length <= sentences);
          assert.deepEqual(summarize(blocks, { sentences, maxTokens }), summary);
        },
      ),
      { numRuns: 300 },
    );
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        '# ',
        '\n',
        '\n\n',
        '- ',
        '`',
        '```',
        '|',
        '.',
        '. ',
        'Dr. ',
        '**',
        '[a](b)',
        'water ',
        'Dam ',
        '。',
        '水',
        '<p>',
        '\u{1f30a}',
      ),
      {
        maxLength: 120,
      },
    )
    .map((parts) => parts.join('')),
);

describe('the number of sentences asked for', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['Summarize a.md in three sentences.', 3],
    ['Summarize in 2 sentences', 2],
    ['Give me a five-sentence summary.', 5],
    ['Answer with one short sentence.', 1],
    ['Write a single sentence about it', 1],
    ['Summarise in seven or eight sentences', 7],
    ['Summarize invoice 2024.', 3],
    ['Use 0 sentences', 1],
    ['Extract the sentences.', 3],
  ];
  for (const [prompt, count] of cases) {
    it(`is ${String(count)} in "${prompt}"`, () => {
      assert.equal(sentencesAskedFor([prompt]), count);
    });
  }

  it('is read from the system prompt where the prompt says none', () => {
    assert.equal(sentencesAskedFor(['Summarize this.', 'Answer in two sentences.']), 2);
    assert.equal(sentencesAskedFor(['In four sentences.', 'Answer in two sentences.']), 4);
  });
});
