import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { endedResults } from '../../src/core/assembleResult.ts';
import { isBatchbookError } from '../../src/core/errors.ts';
import { runStatus } from '../../src/core/status.ts';
import { ROW_STATUSES } from '../../src/core/vocabulary.ts';
import { parseJobFile } from '../../src/jobfile/parse.ts';
import { toRowResult as anthropicRow } from '../../src/providers/anthropic/rows.ts';
import { toRowResult as geminiRow } from '../../src/providers/gemini/rows.ts';
import { toRowResult as openAIRow } from '../../src/providers/openai/rows.ts';
import { realDisk } from '../../src/state/disk.ts';
import { FileStateManager } from '../../src/state/fileStateManager.ts';
import { openWorkspace } from '../../src/workspace/openWorkspace.ts';
import { World } from '../support/engine.ts';
import { startBodies } from './bodies.ts';

/** Something that reads what others have written. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  /** Good texts, which are then spoilt. */
  readonly samples: readonly string[];
  /** Reads a text that came from this sample. @throws what must never happen, whatever the text. */
  readonly check: (text: string, sample: number) => Promise<void> | void;
}

/** Only errors with a message for a person may come of it. */
async function readable(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isBatchbookError(error)) throw error;
    assert.notEqual(error.code, 'internal', error.userMessage);
    assert.ok(error.userMessage.length > 10, error.userMessage);
    return false;
  }
}

const ROWS = {
  anthropic: [
    '{"custom_id":"0123abcd0123456789ab-0","result":{"type":"succeeded","message":{"id":"m","type":"message","role":"assistant","model":"claude-haiku-5-5","content":[{"type":"text","text":"Answer","citations":[{"type":"char_location","cited_text":"A","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":1}]}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":8,"cache_read_input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":2}}}}}',
    '{"custom_id":"0123abcd0123456789ab-1","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error","message":"no"}}}}',
  ],
  openai: [
    '{"id":"b","custom_id":"0123abcd0123456789ab-0","response":{"status_code":200,"request_id":"q","body":{"id":"r","object":"response","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Answer","annotations":[]}]}],"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":8,"output_tokens_details":{"reasoning_tokens":2}}}},"error":null}',
    '{"id":"b","custom_id":"0123abcd0123456789ab-1","response":{"status_code":400,"request_id":"q","body":{"error":{"message":"no","type":"invalid_request_error"}}},"error":null}',
    '{"id":"b","custom_id":"0123abcd0123456789ab-2","response":null,"error":{"code":"batch_expired","message":"late"}}',
  ],
  gemini: [
    '{"key":"0123abcd0123456789ab-0","response":{"candidates":[{"content":{"parts":[{"text":"Answer"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":3,"cachedContentTokenCount":1}}}',
    '{"key":"0123abcd0123456789ab-1","error":{"code":3,"message":"no"}}',
  ],
} as const;

function resultLines(
  name: keyof typeof ROWS,
  read: (line: string) => { readonly customId: string | undefined },
): Target {
  return {
    name: `result lines of ${name}`,
    samples: ROWS[name],
    check: (text) => {
      for (const line of text.split('\n')) {
        if (line === '') continue;
        const { customId } = read(line);
        // Never an id that does not stand in the line itself (promise P4).
        if (customId !== undefined)
          assert.equal(
            (JSON.parse(line.replace(/^\uFEFF/, '')) as Record<string, unknown>)[
              name === 'gemini' ? 'key' : 'custom_id'
            ],
            customId,
          );
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The files of a finished run, each spoilt in a copy of its folder. */
async function runFolders(): Promise<Target> {
  const world = await World.make({
    rows: 12,
    settings: { jobsPerBatch: 4, limitNanoUsd: 1_000_000_000 },
    service: { outcomes: { rows: { 2: ['refused'], 5: ['transient'] } }, faults: { lostReply: [2] } },
  });
  await world.run();
  const runDir = path.join(world.stateDir, 'runs', world.runId);
  const files = ['journal.jsonl', 'plan.jsonl', 'results.jsonl', 'run.json'];
  const samples = await Promise.all(files.map((file) => readFile(path.join(runDir, file), 'utf8')));
  const base = await mkdtemp(path.join(tmpdir(), 'batchbook-fuzz-'));
  return {
    name: 'run folders',
    samples,
    check: async (text, sample) => {
      const dir = await mkdtemp(path.join(base, 'state-'));
      const file = path.join(dir, 'runs', world.runId, files[sample] ?? '');
      await cp(runDir, path.dirname(file), { recursive: true });
      await writeFile(file, text);
      const bytes = await readFile(file);
      const state = new FileStateManager({ dir, disk: realDisk, clock: world.clock });
      await readable(async () => {
        const run = await state.readRun(world.runId);
        const { counts } = runStatus(run, { driven: false, now: world.clock.now() });
        assert.equal(
          ROW_STATUSES.reduce((sum, status) => sum + counts[status], 0),
          counts.total,
        );
        for (const _ of endedResults(run));
      });
      assert.deepEqual(await readFile(file), bytes, 'reading changes nothing');
      await rm(dir, { recursive: true });
    },
    [Symbol.asyncDispose]: async () => {
      await rm(base, { recursive: true, force: true, maxRetries: 5 });
      await world.remove();
    },
  };
}

const JOB_FILES = [
  `{
  // Invoices
  "version": 1, "title": "Invoices",
  "defaults": { "model": "offline-extractive", "maxTokens": 1000, "retry": { "truncated": 0 } },
  "costLimitUsd": 15, "maxConcurrent": 10, "jobsPerBatch": 2, "pilot": 3, "probe": "auto",
  "cells": [
    { "kind": "markdown", "text": "# What this does" },
    { "kind": "files", "id": "sum", "files": ["docs/**/*.{md,pdf}", "!docs/old/**"], "prompt": "Summarize {{file.name}} in \\\\{{ braces.", "output": "out/{{file.path}}.md", },
    { "kind": "rows", "id": "mail", "data": "people.csv", "key": "email", "prompt": "Write to {{row.name}}.", "responseSchema": { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false } },
    { "kind": "messages", "id": "hello", "messages": [{ "role": "user", "content": "Hello" }], "model": "gpt-6-luna", "output": false }
  ]
}
`,
];

/** Job files, parsed, checked and planned in a folder with a few inputs. */
async function jobFiles(): Promise<Target> {
  const root = await mkdtemp(path.join(tmpdir(), 'batchbook-fuzz-'));
  await writeFile(path.join(root, 'people.csv'), 'email,name\na@b.c,Ann\n');
  const jobFile = path.join(root, 'job.batch.json');
  const workspace = await openWorkspace({
    cwd: root,
    folder: root,
    kind: 'library',
    clock: systemClock,
    access: {
      accessTo: () =>
        Promise.resolve({
          baseUrl: 'http://127.0.0.1:9',
          origin: 'http://127.0.0.1:9',
          isVendor: false,
          apiKey: undefined,
          keySource: undefined,
        }),
    },
  });
  return {
    name: 'job files',
    samples: JOB_FILES,
    check: async (text) => {
      const parsed = parseJobFile(text, 'job.batch.json');
      if (!parsed.ok) {
        assert.ok(parsed.problems.length > 0);
        for (const { message, range } of parsed.problems)
          assert.ok(message.length > 5 && range.line >= 1 && range.column >= 1, message);
      }
      await readable(() => workspace.inspect(jobFile, text));
      await writeFile(jobFile, text);
      const bytes = await readFile(jobFile);
      await readable(() => workspace.plan(jobFile, { all: true }));
      assert.deepEqual(await readFile(jobFile), bytes, 'the file is as the person left it');
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

/** Everything that is fuzzed, each made when it is first asked for. */
export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  anthropicRows: () => Promise.resolve(resultLines('anthropic', anthropicRow)),
  openaiRows: () => Promise.resolve(resultLines('openai', openAIRow)),
  geminiRows: () => Promise.resolve(resultLines('gemini', geminiRow)),
  runFolders,
  jobFiles,
  anthropicBodies: () => startBodies('anthropic', readable),
  openaiBodies: () => startBodies('openai', readable),
  geminiBodies: () => startBodies('gemini', readable),
};
