import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import type { Job } from '../../../src/core/job.ts';
import type { ModelConfig } from '../../../src/core/modelConfig.ts';
import type { Provider } from '../../../src/core/provider.ts';
import { createProviderRegistry } from '../../../src/providers/registry.ts';
import { jobIssues } from '../../../src/providers/shared/jobIssues.ts';
import { OFFICE, PICTURES, pdf } from '../../support/inputFiles.ts';

interface Service {
  readonly name: string;
  readonly model: string;
  /** The text of the file in a request, without what stands around it. */
  readonly textIn: (request: unknown) => unknown;
  /** Media type and base64 of the file in a request. */
  readonly binaryIn: (request: unknown) => unknown;
  readonly pictures: readonly string[];
  readonly takesOffice: boolean;
}

interface Parts {
  readonly params: { readonly messages: readonly [{ readonly content: readonly [AnthropicBlock] }] };
  readonly body: { readonly input: readonly [{ readonly content: readonly [OpenAIPart] }] };
  readonly request: { readonly contents: readonly [{ readonly parts: readonly [GeminiPart] }] };
}
interface AnthropicBlock {
  readonly source: { readonly media_type: string; readonly data: string };
}
interface OpenAIPart {
  readonly text?: string;
  readonly file_data?: string;
  readonly image_url?: string;
}
interface GeminiPart {
  readonly text?: string;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
}

const PICTURE_NAMES = ['png', 'jpg', 'jpeg', 'gif', 'webp', 'heic', 'heif'];
const inside = (text: string | undefined): string | undefined =>
  /^<file name="[^\n]*">\n([^]*)\n<\/file>$/.exec(text ?? '')?.[1];

const SERVICES: readonly Service[] = [
  {
    name: 'Anthropic',
    model: 'claude-haiku-5-5',
    textIn: (request) => (request as Parts).params.messages[0].content[0].source.data,
    binaryIn: (request) => {
      const { media_type: type, data } = (request as Parts).params.messages[0].content[0].source;
      return [type, data];
    },
    pictures: ['png', 'jpg', 'jpeg', 'gif', 'webp'],
    takesOffice: false,
  },
  {
    name: 'OpenAI',
    model: 'gpt-6-luna',
    textIn: (request) => inside((request as Parts).body.input[0].content[0].text),
    binaryIn: (request) => {
      const part = (request as Parts).body.input[0].content[0];
      return /^data:([^;]+);base64,([^]*)$/.exec(part.file_data ?? part.image_url ?? '')?.slice(1, 3);
    },
    pictures: ['png', 'jpg', 'jpeg', 'gif', 'webp'],
    takesOffice: true,
  },
  {
    name: 'Gemini',
    model: 'gemini-3.5-flash-lite',
    textIn: (request) => inside((request as Parts).request.contents[0].parts[0].text),
    binaryIn: (request) => {
      const data = (request as Parts).request.contents[0].parts[0].inlineData;
      return [data?.mimeType, data?.data];
    },
    pictures: ['png', 'jpg', 'jpeg', 'webp', 'heic', 'heif'],
    takesOffice: false,
  },
];

const registry = createProviderRegistry({ offlineDirectory: '/nowhere' });

function jobWith(model: string, path: string, bytes: Uint8Array | string): Job {
  const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return { id: 'a', model, maxTokens: 100, prompt: 'Summarize.', file: { path, bytes: content } };
}

async function encoded(provider: Provider, job: Job): Promise<unknown> {
  return JSON.parse(await provider.encodeRow(job, 'nonce234-0'));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const utf16 = (text: string, bigEndian: boolean): Uint8Array => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return new Uint8Array(bigEndian ? bytes.swap16() : bytes);
};

const TEXT = 'Zürich, “quoted”\tand\r\n漢字かな交じり文 \u{20bb7} 😀 Ελληνικά \\ "';
const TEXTS: readonly (readonly [what: string, path: string, bytes: Uint8Array | string, text: string])[] = [
  ['UTF-8', 'docs/a.md', TEXT, TEXT],
  ['UTF-8 with a byte order mark', 'a.txt', `\uFEFF${TEXT}`, TEXT],
  ['UTF-16, little end first', 'a.csv', utf16(TEXT, false), TEXT],
  ['UTF-16, big end first', 'a.log', utf16(TEXT, true), TEXT],
  [
    'Latin-1',
    'brief.txt',
    new Uint8Array(Buffer.from('Sehr geehrte Frau Müller, können Sie das für mich lösen?', 'latin1')),
    'Sehr geehrte Frau Müller, können Sie das für mich lösen?',
  ],
  [
    'an encoding that the file declares',
    'page.html',
    new Uint8Array([
      ...Buffer.from('<meta charset="shift_jis"><p>'),
      ...[0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea],
      ...Buffer.from('</p>'),
    ]),
    '<meta charset="shift_jis"><p>日本語</p>',
  ],
  ['no extension', 'LICENSE', 'Words.', 'Words.'],
  ['an extension that nobody knows', 'a.xyz', 'Words.', 'Words.'],
  ['a name with quotes', 'a "b".md', 'Words.', 'Words.'],
  ['CSV', 'people.csv', 'name;city\nAnna;Ulm\n', 'name;city\nAnna;Ulm\n'],
];

for (const service of SERVICES) {
  describe(`What ${service.name} is sent of a file`, () => {
    let provider: Provider;
    before(async () => {
      provider = await registry.providerOf(service.model);
    });
    const issuesOf = (path: string, bytes: Uint8Array | string, model = service.model): readonly string[] =>
      provider
        .validateJob(jobWith(model, path, bytes))
        .map(({ parameter, message }) => `${parameter}: ${message}`);
    const accepts = async (path: string, bytes: Uint8Array, mediaType: string): Promise<void> => {
      assert.deepEqual(issuesOf(path, bytes), []);
      const request = await encoded(provider, jobWith(service.model, path, bytes));
      assert.deepEqual(service.binaryIn(request), [mediaType, base64(bytes)]);
    };

    for (const [what, path, bytes, text] of TEXTS)
      it(`is its text: ${what}`, async () => {
        assert.deepEqual(issuesOf(path, bytes), []);
        const request = await encoded(provider, jobWith(service.model, path, bytes));
        assert.equal(service.textIn(request), text);
      });

    it('is a PDF as it is', () => accepts('docs/a.pdf', pdf(2), 'application/pdf'));

    for (const type of PICTURE_NAMES) {
      const picture = PICTURES[type]!;
      const mediaType = `image/${type === 'jpg' ? 'jpeg' : type}`;
      if (service.pictures.includes(type))
        it(`is a .${type} as it is`, () => accepts(`a.${type}`, picture, mediaType));
      else
        it(`is no .${type}: that is refused before anything is sent`, () => {
          const [issue, ...others] = issuesOf(`in/a.${type}`, picture);
          assert.match(
            issue ?? '',
            new RegExp(`^file: a\\.${type} is a \\.${type} file, which .* does not take`),
          );
          assert.match(issue ?? '', new RegExp(`It takes text, pdf, .*${service.pictures[0] ?? ''}`));
          assert.deepEqual(others, []);
        });
    }

    it('is a picture by its content, whatever its name says', async () => {
      await accepts('photo.PNG', PICTURES['jpg']!, 'image/jpeg');
      await accepts('photo.jpeg', PICTURES['webp']!, 'image/webp');
      const other = service.name === 'Gemini' ? 'gif' : 'heic';
      assert.match(
        issuesOf('photo.png', PICTURES[other]!)[0] ?? '',
        new RegExp(`photo\\.png is in truth ${other}`),
      );
    });

    for (const [type, make] of Object.entries(OFFICE)) {
      if (service.takesOffice)
        it(`is a .${type} as it is, with its name`, async () => {
          const bytes = make('Rye and oats');
          assert.deepEqual(issuesOf(`docs/a.${type}`, bytes), []);
          const request = (await encoded(provider, jobWith(service.model, `docs/a.${type}`, bytes))) as Parts;
          const part = request.body.input[0].content[0];
          assert.deepEqual(Object.keys(part), ['type', 'filename', 'file_data']);
          assert.equal((part as { readonly filename?: string }).filename, `a.${type}`);
          assert.equal(part.file_data?.split(',')[1], base64(bytes));
        });
      else
        it(`is no .${type}: that is refused before anything is sent`, () => {
          const [issue] = issuesOf(`docs/a.${type}`, make('Rye'));
          assert.match(
            issue ?? '',
            new RegExp(`^file: a\\.${type} is a \\.${type} file, which .* does not take`),
          );
        });
    }

    const refused: readonly (readonly [string, string, Uint8Array | string, RegExp])[] = [
      ['an empty file', 'in/a.md', '', /a\.md is empty \(0 bytes\)/],
      ['an empty PDF', 'in/a.pdf', '', /a\.pdf is empty/],
      ['a byte order mark alone', 'a.txt', '\uFEFF', /a\.txt has no text/],
      ['white space alone', 'a.txt', ' \r\n\t\u00a0\n', /a\.txt has no text/],
      ['a text that calls itself a PDF', 'a.pdf', 'Just words.', /a\.pdf is no PDF/],
      ['a text that calls itself a picture', 'a.png', 'Just words.', /a\.png is no picture/],
      ['a PDF that calls itself a text', 'report.txt', pdf(1), /report\.txt is a PDF by its content.*\.pdf/],
      ['bytes that are no text', 'a.dat', new Uint8Array([1, 0, 2, 0]), /a\.dat is not a text file/],
      [
        'an executable',
        'tool',
        new Uint8Array(Buffer.from('\x7fELF\x02\x01\x01\0\0', 'latin1')),
        /tool is not a text/,
      ],
      [
        'a text in an encoding that cannot be told',
        'a.txt',
        new Uint8Array(Buffer.alloc(400, 0xd4)),
        /a\.txt is in an encoding.*UTF-8/,
      ],
      ['a damaged PDF', 'a.pdf', '%PDF-1.7\nand then nothing', /a\.pdf has no page.*damaged/],
      ['an encrypted PDF', 'a.pdf', pdf(2, { encrypted: true }), /a\.pdf is encrypted.*without a password/],
      ['an encrypted PDF, packed', 'a.pdf', pdf(2, { encrypted: true, packed: true }), /a\.pdf is encrypted/],
    ];
    for (const [what, path, bytes, says] of refused)
      it(`is never ${what}: that is refused with its name, before anything is sent`, () => {
        const [issue, ...others] = issuesOf(path, bytes);
        assert.match(issue ?? '', says);
        assert.match(issue ?? '', /^file: /);
        assert.deepEqual(others, []);
      });

    it('is never an encrypted PDF that another program made', async () => {
      const bytes = new Uint8Array(await readFile('test/fixtures/offline/encrypted.pdf'));
      assert.match(issuesOf('a.pdf', bytes)[0] ?? '', /a\.pdf is encrypted/);
    });

    it('is asked for with a prompt, and messages have a text each', () => {
      const base = { id: 'a', model: service.model, maxTokens: 100 };
      const parametersOf = (job: Job): readonly string[] =>
        provider.validateJob(job).map(({ parameter }) => parameter);
      for (const prompt of ['', ' \n']) assert.deepEqual(parametersOf({ ...base, prompt }), ['prompt']);
      assert.deepEqual(parametersOf({ ...jobWith(service.model, 'a.md', 'x'), prompt: '' }), ['prompt']);
      const messages = [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: ' ' },
      ] as const;
      const [issue] = provider.validateJob({ ...base, messages });
      assert.deepEqual(issue?.parameter, 'messages');
      assert.match(issue.message, /Message 2 is empty/);
      assert.deepEqual(parametersOf({ ...base, prompt: 'Say hello.' }), []);
    });

    it('is one file too long for the model’s window, and it is named and not cut', () => {
      const window = registry.modelConfig(service.model).maxInputTokens;
      const [issue] = issuesOf('in/long.txt', 'word '.repeat(window));
      assert.match(
        issue ?? '',
        new RegExp(`^file: The input has about \\d+ tokens, and .* reads at most ${String(window)}`),
      );
    });

    it('never makes the check throw, and what passes it can be encoded', async () => {
      const names = fc.tuple(
        fc.constantFrom('a', 'b/c', '.hidden', 'x.y'),
        fc.constantFrom(
          '',
          '.md',
          '.pdf',
          '.png',
          '.jpg',
          '.webp',
          '.gif',
          '.heic',
          '.docx',
          '.xlsx',
          '.rtf',
          '.zip',
        ),
      );
      const heads = [...Object.values(PICTURES), OFFICE['docx']!('Rye'), OFFICE['rtf']!('Rye'), pdf(1)];
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
        fc.constantFrom(...heads),
        fc
          .tuple(fc.constantFrom(...heads), fc.nat({ max: 400 }))
          .map(([head, length]) => head.slice(0, length)),
      );
      await fc.assert(
        fc.asyncProperty(names, bytes, async ([stem, extension], content) => {
          const job = jobWith(service.model, stem + extension, content);
          const { expected, upperBound } = provider.estimateTokens(job);
          assert.ok(expected > 0 && upperBound >= expected);
          const issues = provider.validateJob(job);
          if (issues.length > 0) return;
          const request = await provider.encodeRow(job, 'nonce234-0');
          assert.ok(content.length > 0 && request.length > 0);
        }),
        { numRuns: 300 },
      );
    });
  });

  describe(`What ${service.name} is sent of a conversation`, () => {
    it('is every turn in its place, the system beside it, and nothing for an empty one', async () => {
      const provider = await registry.providerOf(service.model);
      const messages = [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'And?' },
      ] as const;
      const job: Job = { id: 'a', model: service.model, maxTokens: 100, messages, system: 'Be short.' };
      assert.deepEqual(provider.validateJob(job), []);
      const expected: Readonly<Record<string, unknown>> = {
        Anthropic: {
          custom_id: 'nonce234-0',
          params: {
            model: service.model,
            max_tokens: 100,
            messages,
            system: [{ type: 'text', text: 'Be short.' }],
          },
        },
        OpenAI: {
          custom_id: 'nonce234-0',
          method: 'POST',
          url: '/v1/responses',
          body: {
            model: service.model,
            input: messages,
            max_output_tokens: 100,
            store: false,
            instructions: 'Be short.',
          },
        },
        Gemini: {
          key: 'nonce234-0',
          request: {
            contents: [
              { role: 'user', parts: [{ text: 'Hello' }] },
              { role: 'model', parts: [{ text: 'Hi' }] },
              { role: 'user', parts: [{ text: 'And?' }] },
            ],
            systemInstruction: { parts: [{ text: 'Be short.' }] },
            generationConfig: { maxOutputTokens: 100 },
          },
        },
      };
      assert.deepEqual(await encoded(provider, job), expected[service.name]);
      const without = JSON.stringify(await encoded(provider, { ...job, system: ' ' }));
      assert.doesNotMatch(without, /system|instructions/);
    });
  });
}

describe('A file at a limit of a service', () => {
  const issueOf = async (model: string, path: string, bytes: Uint8Array): Promise<string | undefined> =>
    (await registry.providerOf(model)).validateJob(jobWith(model, path, bytes))[0]?.message;
  const picture = (bytes: number): Uint8Array => {
    const file = new Uint8Array(bytes);
    file.set(PICTURES['png']!);
    return file;
  };
  const rtf = (bytes: number): Uint8Array => new Uint8Array(Buffer.alloc(bytes, ' ').fill('{\\rtf1 ', 0, 7));

  it('Anthropic: a picture may have 5 MB in base64, and not a byte more', async () => {
    // 3,932,160 bytes are 5,242,880 characters.
    assert.equal(await issueOf('claude-haiku-5-5', 'a.png', picture(3_932_160)), undefined);
    assert.match(
      (await issueOf('claude-haiku-5-5', 'in/big.png', picture(3_932_161))) ?? '',
      /big\.png has 5242884 bytes as it is sent, and a picture may have 5242880/,
    );
  });

  it('Anthropic: a PDF may have 600 pages with a window of a million, else 100', async () => {
    assert.equal(await issueOf('claude-haiku-5-5', 'a.pdf', pdf(600)), undefined);
    assert.match(
      (await issueOf('claude-haiku-5-5', 'a.pdf', pdf(601))) ?? '',
      /a\.pdf has 601 pages.*at most 600/,
    );
    assert.equal(await issueOf('claude-haiku-4-5', 'a.pdf', pdf(100, { packed: true })), undefined);
    assert.match(
      (await issueOf('claude-haiku-4-5', 'a.pdf', pdf(101, { packed: true }))) ?? '',
      /a\.pdf has 101 pages.*at most 100/,
    );
  });

  it('Gemini: a PDF may have 1,000 pages', async () => {
    assert.equal(await issueOf('gemini-3.5-flash', 'a.pdf', pdf(1000)), undefined);
    assert.match(
      (await issueOf('gemini-3.5-flash', 'a.pdf', pdf(1001))) ?? '',
      /a\.pdf has 1001 pages.*at most 1000/,
    );
  });

  it('OpenAI and Gemini: a file may have 50 MB', async () => {
    for (const [model, path, make] of [
      ['gpt-6-luna', 'a.png', picture],
      ['gemini-3.5-flash', 'a.png', picture],
    ] as const) {
      assert.equal(await issueOf(model, path, make(50_000_000)), undefined);
      assert.match(
        (await issueOf(model, path, make(50_000_001))) ?? '',
        /a\.png has 50000001 bytes.*50000000/,
      );
    }
    assert.match((await issueOf('gpt-6-luna', 'a.rtf', rtf(50_000_001))) ?? '', /a\.rtf has 50000001 bytes/);
  }).timeout(30_000);

  it('Anthropic: a request may have 30 MB, also of a PDF', async () => {
    const padding = 22_400_000; // in base64 about 29.9 MB
    assert.equal(await issueOf('claude-haiku-5-5', 'a.pdf', pdf(1, { padding })), undefined);
    assert.match(
      (await issueOf('claude-haiku-5-5', 'a.pdf', pdf(1, { padding: padding + 200_000 }))) ?? '',
      /The request has about 30\d{6} bytes, and one may have 30000000/,
    );
  }).timeout(30_000);
});

describe('A job at a limit', () => {
  const model: ModelConfig = { ...registry.modelConfig('claude-haiku-5-5'), maxInputTokens: 1000 };
  const issues = (
    job: Partial<Job>,
    limit: number,
    tokens = 1,
  ): readonly (readonly [parameter: string, message: string])[] =>
    jobIssues({ id: 'a', model: model.name, maxTokens: 100, ...job }, [model], {
      limits: { maxRequestBytes: limit },
      tokens: { expected: tokens, upperBound: tokens },
    }).map(({ parameter, message }) => [parameter, message]);

  it('is refused at the first byte above what a request may have, as it is written in JSON', () => {
    // 2,000 for what stands around it, quotes around the prompt and the empty system: 4.
    const texts: readonly (readonly [string, number])[] = [
      ['x'.repeat(500), 500],
      ['ü'.repeat(500), 1000],
      ['\n'.repeat(499) + 'x', 999],
      ['\u0001'.repeat(100) + 'x', 601],
      ['"'.repeat(100), 200],
      ['😀'.repeat(10), 40],
    ];
    for (const [prompt, bytes] of texts) {
      assert.deepEqual(issues({ prompt }, 2_004 + bytes), [], prompt.slice(0, 5));
      const [found] = issues({ prompt }, 2_003 + bytes);
      assert.equal(found?.[0], 'prompt');
      assert.match(found[1], new RegExp(`has about ${String(2_004 + bytes)} bytes`));
    }
  });

  it('counts the file, the schema, the system and every message', () => {
    const file = { path: 'a.txt', bytes: new TextEncoder().encode('x'.repeat(100)) };
    assert.deepEqual(issues({ prompt: 'p', file }, 2_107), []); // 2,000 + 2 + 3 + 102
    assert.deepEqual(issues({ prompt: 'p', file }, 2_106)[0]?.[0], 'file');
    const messages = [
      { role: 'user', content: 'x'.repeat(50) },
      { role: 'assistant', content: 'x'.repeat(50) },
    ] as const;
    // 2,000, the system 6 in quotes, no prompt 2, two messages 52 each, and the schema {"type":"object"} escaped 23
    const job = { messages, system: 'Hm..', responseSchema: { type: 'object' } };
    assert.deepEqual(issues(job, 2_135), []);
    assert.deepEqual(issues(job, 2_134)[0]?.[0], 'messages');
  });

  it('is refused at the first token above what the model reads', () => {
    assert.deepEqual(issues({ prompt: 'p' }, 10_000, 1000), []);
    const [found] = issues({ prompt: 'p' }, 10_000, 1001);
    assert.equal(found?.[0], 'prompt');
    assert.match(found[1], /about 1001 tokens, and claude-haiku-5-5 reads at most 1000/);
    // The pages of a PDF are known only roughly: refused is what is sure to be too long.
    const file = { path: 'a.pdf', bytes: pdf(1) };
    assert.deepEqual(issues({ prompt: 'p', file }, 10_000, 2000), []);
    assert.match(issues({ prompt: 'p', file }, 10_000, 2001)[0]?.[1] ?? '', /2001 tokens/);
  });

  it('is refused at the first token of the answer above what the model writes', () => {
    const most = model.maxOutputTokens;
    assert.deepEqual(issues({ prompt: 'p', maxTokens: most }, 10_000), []);
    assert.deepEqual(issues({ prompt: 'p', maxTokens: most + 1 }, 10_000)[0]?.[0], 'maxTokens');
  });
});

describe('What a model refuses of parameters, by the table (b-17)', () => {
  for (const config of registry.listModels().filter(({ provider }) => provider !== 'offline'))
    it(config.name, async () => {
      const provider = await registry.providerOf(config.name);
      const base: Job = { id: 'a', model: config.name, maxTokens: 100, prompt: 'Hello' };
      const refuses = (change: Partial<Job>): boolean =>
        provider.validateJob({ ...base, ...change }).length > 0;
      assert.equal(refuses({}), false);
      assert.equal(refuses({ temperature: 0.5 }), !config.supportsTemperature);
      assert.equal(refuses({ enableCitations: true }), !config.supportsCitations);
      const responseSchema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
      assert.equal(refuses({ responseSchema }), !config.supportsStructuredOutput);
      for (const effort of ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const)
        assert.equal(refuses({ effort }), config.efforts?.includes(effort) !== true, effort);
      // What is not asked for is not sent either.
      const request = await provider.encodeRow(base, 'nonce234-0');
      assert.doesNotMatch(
        request,
        /temperature|top_p|top_k|topP|"max_tokens":100.*gpt|effort|thinking|citations/,
      );
    });
});
