import * as z from 'zod';
import { messageSchema, parameterFields, retrySchema, runFields } from '../core/requestFields.ts';

/** A path template: a file below the root, with variables; see `templates.ts`. */
const pathText = z.string().min(1);

const parameterShape = { ...parameterFields, retry: retrySchema.optional() };

const defaultsSchema = z
  .strictObject(parameterShape)
  .describe('Request parameters of every cell that does not name its own.');

/** What a cell may be called. */
export const CELL_ID_PATTERN = /^[a-z0-9-]{1,40}$/;

const cellId = z
  .string()
  .regex(CELL_ID_PATTERN, { error: 'An id has 1 to 40 characters of a-z, 0-9 and "-".' })
  .describe('Name of the cell, unique in the file: 1 to 40 characters of a-z, 0-9 and "-".');

const requestShape = {
  id: cellId,
  ...parameterShape,
  responseSchema: z
    .record(z.string(), z.unknown(), { error: 'responseSchema is a JSON Schema, an object.' })
    .describe('JSON Schema that every answer must fit.')
    .optional(),
  responseSchemaFile: z
    .string()
    .min(1)
    .describe('Path of a file below the root that holds the JSON Schema of the answer.')
    .optional(),
  output: z
    .union([z.literal(false), pathText], {
      error: 'output is a path template such as "summaries/{{file.path}}.md", "each", or false.',
    })
    .describe(
      'Where each answer is written: a path template below the root; "each" (the default): `resultsDir/<cell id>/<file path or row key>.json`; false: nowhere.',
    )
    .optional(),
  overwrite: z
    .boolean()
    .describe('Allows `output` to replace files that exist; never inputs or dot folders. Default false.')
    .optional(),
};

const promptText = z
  .string()
  .min(1)
  .describe(
    'What is asked of each row. Variables: {{file.name}}, {{file.path}}, {{file.dir}}, {{file.stem}}, {{file.ext}}, {{row.<column>}}, {{cell.id}}; `\\{{` is a literal `{{`.',
  );

const CELL_SCHEMAS = {
  markdown: z
    .strictObject({
      kind: z.literal('markdown').describe('A note for people; nothing is sent.'),
      id: cellId.optional(),
      text: z.string().describe('Markdown text.'),
    })
    .describe('A note for people.'),
  files: z
    .strictObject({
      kind: z.literal('files').describe('One row for every file.'),
      files: z
        .array(z.string().min(1))
        .min(1)
        .describe('Files, folders and globs below the root; one that begins with `!` takes files away.'),
      prompt: promptText,
      gitignore: z.boolean().describe('Leave out what `.gitignore` files name. Default true.').optional(),
      ...requestShape,
    })
    .describe('One row for every file that matches.'),
  rows: z
    .strictObject({
      kind: z.literal('rows').describe('One row for every line of a table.'),
      data: pathText.describe('Path of a .csv, .tsv, .jsonl or .ndjson file below the root.'),
      key: z
        .string()
        .min(1)
        .describe('Column whose value names each row; unique. Default: a hash of the values.')
        .optional(),
      prompt: promptText,
      ...requestShape,
    })
    .describe('One row for every line of a table.'),
  messages: z
    .strictObject({
      kind: z.literal('messages').describe('One row: a conversation.'),
      messages: z.array(messageSchema).min(1).describe('The turns so far; the model answers the last.'),
      ...requestShape,
    })
    .describe('One row: a conversation.'),
} as const;

/** The kinds of cells, in the order in which they are offered. */
export const CELL_KINDS = ['markdown', 'files', 'rows', 'messages'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** The one schema of `NAME.batch.json`: types, validation, hovers and the shipped JSON Schema derive from it. */
export const jobFileSchema = z
  .strictObject({
    $schema: z
      .string()
      .describe('Where editors find the JSON Schema of this file; not used otherwise.')
      .optional(),
    version: z.literal(1).describe('Version of the format: 1.'),
    title: z.string().min(1).describe('What people call this job.').optional(),
    defaults: defaultsSchema.optional(),
    costLimitUsd: runFields.costLimitUsd,
    maxConcurrent: runFields.maxConcurrent,
    jobsPerBatch: runFields.jobsPerBatch,
    pilot: z
      .int()
      .min(0)
      .describe('Rows to send first, before the run waits for your word. Default 0: no pilot.')
      .optional(),
    probe: runFields.probe,
    resultsDir: pathText.describe('Folder below the root for default outputs. Default "results".').optional(),
    cells: z
      .array(
        z.discriminatedUnion('kind', [
          CELL_SCHEMAS.markdown,
          CELL_SCHEMAS.files,
          CELL_SCHEMAS.rows,
          CELL_SCHEMAS.messages,
        ]),
      )
      .describe('The notebook, from top to bottom.'),
  })
  .describe('A Batchbook job file.');

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** A job file as it stands, defaults not filled in. */
export type JobFile = DeepReadonly<z.infer<typeof jobFileSchema>>;
export type JobFileDefaults = NonNullable<JobFile['defaults']>;
export type Cell = JobFile['cells'][number];
export type MarkdownCell = Extract<Cell, { kind: 'markdown' }>;
export type FilesCell = Extract<Cell, { kind: 'files' }>;
export type RowsCell = Extract<Cell, { kind: 'rows' }>;
/** A cell that expands to rows. */
export type RequestCell = Exclude<Cell, MarkdownCell>;

/** Keys that an object of a job file may have, by what the object is. */
export const ALLOWED_KEYS: Readonly<
  Record<'top' | 'defaults' | 'retry' | 'message' | CellKind, readonly string[]>
> = {
  top: Object.keys(jobFileSchema.shape),
  defaults: Object.keys(defaultsSchema.shape),
  retry: Object.keys(retrySchema.shape),
  message: Object.keys(messageSchema.shape),
  markdown: Object.keys(CELL_SCHEMAS.markdown.shape),
  files: Object.keys(CELL_SCHEMAS.files.shape),
  rows: Object.keys(CELL_SCHEMAS.rows.shape),
  messages: Object.keys(CELL_SCHEMAS.messages.shape),
};

/** Values that hold where a job file says nothing. */
export const JOB_FILE_DEFAULTS = {
  maxTokens: 1000,
  maxConcurrent: 10,
  jobsPerBatch: 'auto',
  pilot: 0,
  probe: 'auto',
  resultsDir: 'results',
} as const;
