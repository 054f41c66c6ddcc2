import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { getDocumentProxy } from 'unpdf';
import { officeText } from '../../../src/providers/shared/officeText.ts';
import { pdfFacts } from '../../../src/providers/shared/pdfFacts.ts';
import { OFFICE, pdf, zip, type PdfOptions } from '../../support/inputFiles.ts';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

describe('What is told of a PDF', () => {
  const cases: readonly (readonly [string, number, PdfOptions])[] = [
    ['one page', 1, {}],
    ['many pages', 101, {}],
    ['one page in an object stream', 1, { packed: true }],
    ['many pages in an object stream', 601, { packed: true }],
    ['pages that were taken out and still lie in the file', 5, { before: 36 }],
    ['pages behind a long comment', 2, { padding: 50_000 }],
  ];
  for (const [what, pages, options] of cases)
    it(`is how many pages it has: ${what}, as another reader counts them`, async () => {
      const file = pdf(pages, options);
      assert.deepEqual(pdfFacts(file), { isPdf: true, isEncrypted: false, pages });
      const document = await getDocumentProxy(new Uint8Array(file), { verbosity: 0 });
      assert.equal(document.numPages, pages);
      await document.loadingTask.destroy();
    });

  it('is that it is encrypted, and nothing of what is in it', async () => {
    const real = new Uint8Array(await readFile('test/fixtures/offline/encrypted.pdf'));
    for (const file of [real, pdf(3, { encrypted: true }), pdf(3, { packed: true, encrypted: true })])
      assert.deepEqual(pdfFacts(file), { isPdf: true, isEncrypted: true, pages: undefined });
  });

  it('is that it is none, or damaged', () => {
    const none = { isPdf: false, isEncrypted: false, pages: undefined };
    for (const text of ['', 'Not a PDF', `${' '.repeat(1100)}%PDF-1.4`])
      assert.deepEqual(pdfFacts(bytesOf(text)), none);
    const damaged = { isPdf: true, isEncrypted: false, pages: undefined };
    for (const text of ['%PDF-1.7', '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n'])
      assert.deepEqual(pdfFacts(bytesOf(text)), damaged);
  });

  it('is as much as there is of one that broke off', () => {
    const whole = pdf(20);
    assert.equal(pdfFacts(whole.subarray(0, whole.length / 2)).pages, 20, 'the tree says so');
    assert.equal(pdfFacts(bytesOf('%PDF-1.4\n3 0 obj\n<< /Type /Page >>\nendobj\n')).pages, 1);
  });

  it('is told of any bytes at all', () => {
    const sound = Buffer.from(pdf(3, { packed: true }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 30,
        }),
        fc.nat({ max: sound.length }),
        (changes, length) => {
          const file = new Uint8Array(sound.subarray(0, length));
          for (const [at, byte] of changes) if (at < length) file[at] = byte;
          const { isPdf, isEncrypted, pages } = pdfFacts(file);
          assert.ok(pages === undefined || (isPdf && !isEncrypted && pages > 0));
        },
      ),
    );
  });
});

describe('The text of an office file', () => {
  for (const [type, make] of Object.entries(OFFICE))
    it(`is found in a .${type}`, () => {
      const text = officeText(make('Rye and oats'), type);
      assert.match(text ?? '', /Rye and oats/);
      assert.doesNotMatch(text ?? '', /<|w:style/);
    });

  it('is as long as its cells are, also where they share a string', () => {
    const text = officeText(OFFICE['xlsx']!('Rye and oats'), 'xlsx') ?? '';
    assert.equal(text.split('Rye and oats').length - 1, 3);
    assert.match(text, /12\.5/);
  });

  it('is none where the file is another, encrypted, damaged or much too large inside', () => {
    const docx = OFFICE['docx']!('Rye');
    for (const [bytes, type] of [
      [docx, 'xlsx'],
      [OFFICE['odt']!('Rye'), 'docx'],
      [docx.subarray(0, docx.length - 30), 'docx'],
      [bytesOf('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on'), 'docx'],
      [bytesOf('{ no rtf }'), 'rtf'],
      [bytesOf('PK\x05\x06'), 'docx'],
      [new Uint8Array(), 'docx'],
      [zip({ 'word/document.xml': 'x'.repeat(100_000_001) }), 'docx'],
    ] as const)
      assert.equal(officeText(new Uint8Array(bytes), type), undefined);
  }).timeout(30_000);

  it('is looked for in any bytes at all', () => {
    const sound = Buffer.from(OFFICE['docx']!('Rye'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 12,
        }),
        (changes) => {
          const file = new Uint8Array(sound);
          for (const [at, byte] of changes) file[at] = byte;
          const text = officeText(file, 'docx');
          assert.ok(text === undefined || typeof text === 'string');
        },
      ),
    );
  });
});
