import * as fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { ValidationError, formatProblem, type Problem } from '../../../src/core/errors.ts';
import { FREE, type ModelConfig } from '../../../src/core/modelConfig.ts';
import { expandJobFile, type Expansion, type ExpandOptions } from '../../../src/jobfile/expand.ts';
import { parseJobFile } from '../../../src/jobfile/parse.ts';
import type { JobFile } from '../../../src/jobfile/schema.ts';

/** A folder of its own for a test, removed by `removeWorkspaces`. */
export async function makeWorkspace(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'batchbook-jobfile-')));
  made.push(root);
  await writeFiles(root, files);
  return root;
}
const made: string[] = [];

export async function removeWorkspaces(): Promise<void> {
  for (const root of made.splice(0)) await fs.rm(root, { recursive: true, force: true });
}

export async function writeFiles(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, content);
  }
}

const base: ModelConfig = {
  name: 'text',
  provider: 'mock',
  maxInputTokens: 100_000,
  maxOutputTokens: 4000,
  batchDiscount: 0.5,
  prices: FREE,
  supportsImages: false,
  supportsFiles: true,
  supportsCitations: true,
  supportsStructuredOutput: true,
  supportsTemperature: true,
  fileTypes: [],
};
const models: readonly ModelConfig[] = [
  base,
  { ...base, name: 'pdf', fileTypes: ['pdf'] },
  {
    ...base,
    name: 'plain',
    supportsCitations: false,
    supportsStructuredOutput: false,
    supportsTemperature: false,
    supportsEcho: false,
  },
];

export function modelConfig(name: string): ModelConfig {
  const model = models.find((m) => m.name === name);
  if (model === undefined) throw new ValidationError('unknownModel', `There is no model "${name}".`);
  return model;
}

export const JOB_FILE = 'job.batch.json';

/** The text of a job file. `version` and a default model are put in where they lack. */
export function textOf(content: object): string {
  return JSON.stringify({ version: 1, defaults: { model: 'text' }, ...content }, undefined, 2);
}

/** Parses a job file that must be valid, see `textOf`. */
export function parseValid(content: object): Extract<ReturnType<typeof parseJobFile>, { ok: true }> {
  const parsed = parseJobFile(textOf(content), JOB_FILE);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n'));
  return parsed;
}

export function jobFileOf(content: object): JobFile {
  return parseValid(content).jobFile;
}

export async function expand(
  root: string,
  content: object,
  options: Partial<ExpandOptions> = {},
): Promise<Expansion> {
  const { jobFile, ranges } = parseValid(content);
  return expandJobFile({
    root,
    jobFilePath: JOB_FILE,
    jobFile,
    ranges,
    runId: 'run-1',
    modelConfig,
    modelNames: [],
    writtenBefore: new Map(),
    ...options,
  });
}

export function errorsOf(problems: readonly Problem[]): readonly string[] {
  return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}
