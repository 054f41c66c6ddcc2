import { Folder, type FileContent } from './folder.ts';

export const JOB = 'job.batch.json';

/** A job file that summarizes `docs/` on this machine. */
export function summaries(
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    version: 1,
    title: 'Summaries',
    defaults: { model: 'offline-extractive' },
    costLimitUsd: 5,
    cells: [{ ...FILES_CELL, ...changes }],
  };
}

const FILES_CELL = {
  kind: 'files',
  id: 'sum',
  files: ['docs/**'],
  prompt: 'Summarize {{file.name}}.',
  output: 'out/{{file.path}}.md',
};

/** Three short texts. */
export const DOCS: Readonly<Record<string, FileContent>> = {
  'docs/one.md': 'The river flows to the sea. Fish live in it. It is long.\n',
  'docs/two.md': 'The mountain is high. Snow lies on it all year.\n',
  'docs/three.md': 'The town has a market. It opens at dawn.\n',
};

/** A folder with three texts and a job file about them. */
export function withSummaries(
  changes: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, FileContent>> = DOCS,
): Promise<Folder> {
  return Folder.with({ ...files, [JOB]: summaries(changes) });
}

/** A folder with `rows` data rows for the pretend service, two of them a batch. Each reserves $0.000257. */
export function withMails(rows: number, changes: Readonly<Record<string, unknown>> = {}): Promise<Folder> {
  const people = Array.from({ length: rows }, (_, i) => `p${String(i + 1)},Person ${String(i + 1)}\n`);
  return Folder.with({
    'people.csv': `key,name\n${people.join('')}`,
    [JOB]: {
      version: 1,
      title: 'Mails',
      defaults: { model: 'mock-small', maxTokens: 100 },
      costLimitUsd: 5,
      jobsPerBatch: 2,
      cells: [
        {
          kind: 'rows',
          id: 'mail',
          data: 'people.csv',
          key: 'key',
          prompt: 'Write to {{row.name}}.',
          output: 'out/{{row.key}}.md',
        },
      ],
      ...changes,
    },
  });
}
