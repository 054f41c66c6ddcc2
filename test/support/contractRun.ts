import { readFile } from 'node:fs/promises';
import type { Citation } from '../../src/core/job.ts';
import type { PlannedCell } from '../../src/core/plan.ts';
import { createJobFileLoader } from '../../src/jobfile/loader.ts';
import { parseJobFile } from '../../src/jobfile/parse.ts';
import { MOCK_MODELS } from '../../src/providers/mock/mockModels.ts';
import { Folder } from './cli/folder.ts';
import { makeRun, type MadeRow, type MadeRun } from './resultRuns.ts';
import { textPdf } from './textPdf.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    supplier: { type: 'string' },
    effective: { type: 'string' },
    notice_days: { type: 'number' },
    auto_renews: { type: 'boolean' },
    liability_cap: { type: 'number' },
  },
};

const JOB_FILE = {
  version: 1,
  title: 'Supplier contracts 2026',
  defaults: { model: 'mock-small' },
  cells: [
    {
      ...{ kind: 'files', id: 'terms', files: ['contracts/**'], enableCitations: true, effort: 'low' },
      ...{ system: 'You read contracts.', prompt: 'What are the terms of {{file.name}}?' },
      responseSchema: SCHEMA,
    },
    { kind: 'rows', id: 'letters', data: 'renewals.csv', key: 'id', prompt: 'Write to {{row.name}}.' },
  ],
};

/** Of a contract of 14 pages, the third runs over a line end there, and the last is not in it. */
export const CITATIONS: readonly Citation[] = [
  {
    ...{ file: 'contracts/nordwind/msa-2024-signed.pdf', verified: true, fields: ['supplier'] },
    citedText: 'between Nordwind Energie AG, Flensburg, and the Customer',
    pageRange: [1, 2],
  },
  {
    ...{ file: 'contracts/nordwind/msa-2024-signed.pdf', verified: true, fields: ['effective'] },
    citedText: 'This Agreement takes effect on 1 July 2024.',
    pageRange: [2, 3],
  },
  {
    ...{ file: 'contracts/nordwind/msa-2024-signed.pdf', verified: true },
    citedText: "renews for twelve months unless ended with ninety (90) days' written notice",
    pageRange: [9, 10],
    fields: ['notice_days', 'auto_renews'],
  },
  {
    ...{ file: 'contracts/nordwind/msa-2024-signed.pdf', verified: false, fields: ['liability_cap'] },
    citedText: 'limited to EUR 500,000 in aggregate',
    pageRange: [11, 12],
  },
];

const PAGES = Array.from({ length: 14 }, (_, i): readonly string[] => {
  const filler = [`Page ${String(i + 1)} of the master service agreement.`, 'Nothing else is agreed here.'];
  switch (i + 1) {
    case 1:
      return [
        'Master Service Agreement',
        'between Nordwind Energie AG, Flensburg, and the Customer',
        ...filler,
      ];
    case 2:
      return ['1.1 This Agreement takes effect on 1 July 2024.', ...filler];
    case 9:
      return [
        '12.2 After the initial term the Agreement renews for twelve months',
        "unless ended with ninety (90) days' written notice to the end of the",
        'then current term. Notice by e-mail is not sufficient.',
      ];
    case 11:
      return ['14.1 The cap is EUR 50,000 per event.', ...filler];
    default:
      return filler;
  }
});

const ANSWER = {
  ...{ supplier: 'Nordwind Energie AG', effective: '2024-07-01', notice_days: 90 },
  ...{ auto_renews: true, liability_cap: 500_000 },
};

/** A run of contracts and letters with the inputs that it was made of, answered at the second try where it says so. */
export async function contractRun(): Promise<{ readonly folder: Folder; readonly run: MadeRun }> {
  const folder = await Folder.with({
    'contracts/nordwind/msa-2024-signed.pdf': textPdf(PAGES),
    'contracts/notes.md': `# Notes\r\n\r\nNotice: ninety days.\r\n${'A line of no interest.\n'.repeat(6_000)}The end.`,
    'renewals.csv': 'id,name\nS-1042,Sander\nS-1043,Meyer\n',
    'supplier-contracts.batch.json': JOB_FILE,
    'results/terms/notes.md.json': '{}',
  });
  const path = 'supplier-contracts.batch.json';
  const text = await readFile(folder.path(path), 'utf8');
  const parsed = parseJobFile(text, path);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const byName = new Map(MOCK_MODELS.map((model) => [model.name, model]));
  const loader = createJobFileLoader({
    root: folder.root,
    jobFile: parsed.jobFile,
    modelConfig: (name) => byName.get(name)!,
  });
  const parameters = { model: 'mock-small', maxTokens: 1_000, effort: 'low' } as const;
  const retry = { truncated: 1, invalid: 1, transient: 3, missing: 2 };
  const cells: readonly PlannedCell[] = [
    {
      ...{ id: 'terms', model: 'mock-small', provider: 'mock', retry },
      parameters: { ...parameters, enableCitations: true, responseSchema: SCHEMA },
    },
    {
      ...{ id: 'letters', model: 'mock-small', provider: 'mock', retry },
      parameters: { model: 'mock-small', maxTokens: 1_000 },
    },
  ];
  const rows: readonly MadeRow[] = [
    {
      ...{ cell: 'terms', source: 'contracts/nordwind/msa-2024-signed.pdf', costNanoUsd: 900_000 },
      earlier: [
        {
          outcome: 'invalid',
          response: JSON.stringify({ ...ANSWER, notice_days: 'ninety' }),
          error: { code: 'invalid', message: '/notice_days must be number' },
          usage: { input: 14_812, output: 688 },
        },
      ],
      stored: {
        ...{ outcome: 'ok', response: JSON.stringify(ANSWER), parsedResponse: ANSWER, citations: CITATIONS },
        usage: { input: 14_905, output: 702 },
      },
    },
    {
      ...{ cell: 'terms', source: 'contracts/notes.md' },
      stored: {
        ...{ outcome: 'ok', response: JSON.stringify(ANSWER), parsedResponse: ANSWER },
        citations: [
          {
            ...{ file: 'contracts/notes.md', citedText: 'ninety days', charRange: [19, 30], verified: true },
          },
        ],
      },
    },
    {
      ...{ cell: 'letters', source: 'renewals.csv#S-1042' },
      stored: {
        outcome: 'ok',
        response:
          'Sehr geehrte Frau Sander,\n\nunser Vertrag endet am **31. März 2026**. Wir würden gern zwei weitere Jahre mit Ihnen arbeiten.',
      },
    },
    {
      ...{ cell: 'terms', source: 'contracts/gone.pdf' },
      stored: { outcome: 'gone', error: { code: 'gone', message: 'The input file no longer exists.' } },
    },
  ];
  const hashed: MadeRow[] = [];
  for (const row of rows) {
    const loaded = await loader.load({ id: '', cell: row.cell ?? '', source: row.source });
    hashed.push(loaded.ok ? { ...row, inputHash: loaded.inputHash } : row);
  }
  return { folder, run: await makeRun(folder, hashed, cells, { path, text }) };
}
