import assert from 'node:assert/strict';
import type { Job } from '../../../src/core/job.ts';
import type { TokenEstimate } from '../../../src/core/provider.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';
import { OFFICE, PICTURES, pdf } from '../../support/inputFiles.ts';

const registry = createProviderRegistry({ offlineDirectory: '/nowhere' });
const MODELS = ['claude-haiku-5-5', 'gpt-6-luna', 'gemini-3.5-flash-lite'] as const;

async function estimate(model: string, job: Partial<Job>): Promise<TokenEstimate> {
  const provider = await registry.providerOf(model);
  return provider.estimateTokens({ id: 'a', model, maxTokens: 10, prompt: 'p', ...job });
}
const ofFile = (model: string, path: string, bytes: Uint8Array): Promise<TokenEstimate> =>
  estimate(model, { file: { path, bytes } });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('The tokens that are expected', () => {
  for (const model of MODELS) {
    it(`of a text with ${model} are the same in any encoding`, async () => {
      for (const text of [
        'The same text. '.repeat(50),
        '漢字かな交じり文'.repeat(50),
        'Größe und Ärger. '.repeat(50),
      ]) {
        const expected = await ofFile(model, 'a.txt', utf8(text));
        const utf16 = new Uint8Array(Buffer.from(`\uFEFF${text}`, 'utf16le'));
        assert.deepEqual(await ofFile(model, 'a.txt', utf16), expected);
        if (/^[\0-\xff]*$/.test(text))
          assert.deepEqual(
            await ofFile(model, 'a.txt', new Uint8Array(Buffer.from(text, 'latin1'))),
            expected,
          );
        assert.deepEqual(await estimate(model, { prompt: `p${text}` }), expected, 'as a part of the prompt');
      }
    });

    it(`of scripts that are not Latin with ${model} are no fewer than one a character`, async () => {
      for (const text of ['漢'.repeat(1000), '한'.repeat(1000), 'ж'.repeat(1000), 'ग'.repeat(1000)])
        assert.ok((await estimate(model, { prompt: text })).expected >= 1000);
      assert.ok((await estimate(model, { prompt: '😀'.repeat(1000) })).upperBound >= 2000);
    });

    it(`of a PDF with ${model} are by its pages, also where they are packed`, async () => {
      const plain = await ofFile(model, 'a.pdf', pdf(40));
      assert.deepEqual(await ofFile(model, 'a.pdf', pdf(40, { packed: true })), plain);
      const one = await ofFile(model, 'a.pdf', pdf(1));
      const two = await ofFile(model, 'a.pdf', pdf(2));
      const page = two.expected - one.expected;
      assert.ok(page >= 1000);
      assert.ok(Math.abs(plain.expected - one.expected - 39 * page) <= 40);
      assert.ok(plain.upperBound >= 1.59 * 40 * page, 'with 60 % above them');
    });

    it(`of a schema with ${model} are more than its text, for the service makes a longer one of it`, async () => {
      const responseSchema = {
        type: 'object',
        properties: { total: { type: 'number' } },
        required: ['total'],
      };
      const text = JSON.stringify(responseSchema);
      const asText = await estimate(model, { prompt: `p${text}` });
      const asSchema = await estimate(model, { responseSchema });
      assert.ok(asSchema.expected > asText.expected + 100);
    });
  }

  it('of an office file are by its text, not by how well it is packed', async () => {
    const text = 'The harvest of rye and oats. '.repeat(2000);
    const plain = await ofFile('gpt-6-luna', 'a.txt', utf8(text));
    for (const type of ['docx', 'pptx', 'odt', 'rtf']) {
      const bytes = OFFICE[type]!(text);
      const found = await ofFile('gpt-6-luna', `a.${type}`, bytes);
      assert.ok(Math.abs(found.expected - plain.expected) < 60, type);
      if (type === 'docx') assert.ok(bytes.length < text.length / 20, 'the file itself is small');
    }
    const sheet = await ofFile('gpt-6-luna', 'a.xlsx', OFFICE['xlsx']!(text));
    assert.ok(sheet.expected > 2.9 * plain.expected, 'a string that three cells share');
  });

  it('of a picture are, with their margin, no fewer than a service has been seen to bill', async () => {
    // The largest picture of each: documentation and bills of 2026.
    for (const [model, tokens] of [
      ['claude-haiku-4-5', 1_600],
      ['claude-opus-5', 4_784],
      ['gpt-6-luna', 3_008], // 2,500 patches x 1.2
      ['gpt-4.1', 1_105],
      ['gpt-4.1-mini', 2_489], // 1,536 x 1.62
      ['gpt-4.1-nano', 3_779], // 1,536 x 2.46
      ['o4-mini', 2_642], // 1,536 x 1.72
      ['gpt-4o-mini', 48_169], // 2,833 + 8 x 5,667
      ['gemini-3.5-flash', 1_120],
    ] as const)
      assert.ok((await ofFile(model, 'a.png', PICTURES['png']!)).upperBound >= tokens, model);
    const mini = await ofFile('gpt-4o-mini', 'a.pdf', pdf(10));
    assert.ok(mini.upperBound >= 10 * 48_169, 'every page of a PDF is a picture, too');
  });
});
