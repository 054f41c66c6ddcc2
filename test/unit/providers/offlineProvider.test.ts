import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Job } from '../../../src/core/job.ts';
import type { BatchPayload, Provider, RowResult } from '../../../src/core/provider.ts';
import { createOfflineProvider } from '../../../src/providers/offline/provider.ts';

const signal = new AbortController().signal;
const base = { id: 'j', model: 'offline-extractive', maxTokens: 500 } as const;
const file = (name: string, text: string): Job => ({
  ...base,
  prompt: `Summarize ${name} in one sentence.`,
  file: { path: name, bytes: new TextEncoder().encode(text) },
});

describe('the offline provider', () => {
  let root: string;
  let directory: string;
  let provider: Provider;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'offline-'));
    directory = path.join(root, 'batches');
    provider = createOfflineProvider({ directory });
  });
  afterEach(() => rm(root, { recursive: true }));

  async function spool(jobs: readonly Job[]): Promise<BatchPayload> {
    const rows = await Promise.all(jobs.map((job, i) => provider.encodeRow(job, `n0-${String(i)}`)));
    const { head, separator, tail } = provider.framing;
    const body = head + rows.join(separator) + tail;
    const target = path.join(root, 'payload');
    await writeFile(target, body);
    return { path: target, bytes: Buffer.byteLength(body), rows: rows.length, model: base.model };
  }
  const create = async (jobs: readonly Job[]): Promise<string> =>
    (await provider.createBatch(await spool(jobs), { nonce: 'n0', rows: [], signal })).batchId;
  async function read(batchId: string, from = provider): Promise<readonly RowResult[]> {
    const results: RowResult[] = [];
    for await (const result of from.results(batchId, signal)) results.push(result);
    return results;
  }

  it('answers every row of a batch by its custom id, with usage and at no cost', async () => {
    const id = await create([
      file('a.md', '# Dam\n\nThe dam leaks water.'),
      {
        ...base,
        messages: [
          { role: 'user', content: 'Old.' },
          { role: 'assistant', content: 'Yes.' },
          { role: 'user', content: 'New question here.' },
        ],
      },
      { ...base, prompt: 'A prompt is its own text.' },
      file('empty.txt', ' \n'),
    ]);
    const results = await read(id);
    assert.deepEqual(
      results.map((r) => [r.customId, r.outcome, r.response]),
      [
        ['n0-0', 'ok', 'The dam leaks water.'],
        ['n0-1', 'ok', 'New question here.'],
        ['n0-2', 'ok', 'A prompt is its own text.'],
        ['n0-3', 'permanent', undefined],
      ],
    );
    assert.match(results[3]?.error?.message ?? '', /no text to summarize in empty\.txt/);
    assert.ok((results[0]?.usage?.input ?? 0) > 0 && (results[0]?.usage?.output ?? 0) > 0);
    const snapshot = await provider.getBatch(id, signal);
    assert.equal(snapshot.state, 'ended');
    assert.equal(snapshot.expectedLines, results.length);
  });

  it('finds and reads a batch again after a restart, with the same answers', async () => {
    const id = await create([file('a.txt', 'Water\u2028runs down the hill. It is cold in there.')]);
    const before = await read(id);
    await rm(path.join(root, 'payload'));
    const restarted = createOfflineProvider({ directory });
    const about = { model: base.model, rows: 1, intendedAt: 0, endedAt: Infinity, except: new Set<string>() };
    const { candidates } = await restarted.findBatches({ nonce: 'n0', ...about });
    const [candidate] = candidates;
    assert.deepEqual([candidate?.batchId, candidate?.certain, candidate?.rows], [id, true, 1]);
    assert.deepEqual(await read(id, restarted), before);
    assert.deepEqual((await restarted.findBatches({ nonce: 'other', ...about })).candidates, []);
  });

  it('has no batch when the body is not what was spooled', async () => {
    const payload = await spool([file('a.txt', 'Water runs.')]);
    await appendFile(payload.path, 'x');
    await assert.rejects(provider.createBatch(payload, { nonce: 'n0', rows: [], signal }), {
      code: 'invalidRequest',
    });
    assert.deepEqual(await readdir(directory), []);
  });

  it('says so when a stored batch lost its end', async () => {
    const id = await create([file('a.txt', 'Water runs.')]);
    await truncate(path.join(directory, `${id}.jsonl`), 40);
    await assert.rejects(read(id), { code: 'truncatedDownload' });
  });

  it('cancels the rows of a cancelled batch, each still under its id', async () => {
    const id = await create([file('a.txt', 'Water runs.'), file('b.txt', 'Ice melts.')]);
    await provider.cancelBatch(id);
    assert.equal((await provider.getBatch(id, signal)).state, 'cancelled');
    assert.deepEqual(
      (await read(id)).map((r) => [r.customId, r.outcome]),
      [
        ['n0-0', 'cancelled'],
        ['n0-1', 'cancelled'],
      ],
    );
  });

  it('removes everything of a batch, and removing twice is no error', async () => {
    const id = await create([file('a.txt', 'Water runs.')]);
    await provider.cancelBatch(id);
    await provider.deleteArtifacts(id);
    await provider.deleteArtifacts(id);
    assert.deepEqual(await readdir(directory), []);
    await assert.rejects(provider.getBatch(id, signal), { code: 'notFound' });
    await assert.rejects(read(id), { code: 'notFound' });
  });

  it('takes no batch id that leads out of its folder', async () => {
    await writeFile(path.join(root, 'precious.jsonl'), 'x');
    for (const id of ['../precious', 'offline-../../precious', 'offline-', '']) {
      await assert.rejects(provider.deleteArtifacts(id), { code: 'notFound' });
    }
    assert.ok((await readdir(root)).includes('precious.jsonl'));
  });

  it('stops reading when it is told to', async () => {
    const id = await create([file('a.txt', 'Water runs.')]);
    const stopped = AbortSignal.abort();
    await assert.rejects(async () => {
      await Array.fromAsync(provider.results(id, stopped));
    });
  });

  it('names each parameter that an extractive summary cannot honour', () => {
    assert.deepEqual(provider.validateJob(file('a.md', 'x')), []);
    const job: Job = {
      ...file('a.png', 'x'),
      responseSchema: {},
      enableCitations: true,
      temperature: 0.7,
      effort: 'low',
    };
    const issues = provider.validateJob(job);
    assert.deepEqual(
      issues.map((issue) => issue.parameter),
      ['responseSchema', 'enableCitations', 'temperature', 'effort', 'file'],
    );
    assert.ok(issues.every((issue) => issue.message.includes('extractive, not an AI model')));
  });

  it('estimates tokens with a margin on top', () => {
    const { expected, upperBound } = provider.estimateTokens(file('a.md', 'Water runs down. '.repeat(100)));
    assert.ok(expected > 300 && expected < 600);
    assert.equal(upperBound, Math.ceil(expected * 1.25));
  });

  it('answers ten thousand rows', async function () {
    this.timeout(30_000);
    const text =
      'The dam holds back water. Engineers found that the water seeps through the foundation of the dam. ';
    const line = await provider.encodeRow(file('a.txt', text.repeat(10)), 'n0-0');
    const body = `${line}\n`.repeat(10_000);
    const target = path.join(root, 'payload');
    await writeFile(target, body);
    const payload = { path: target, bytes: Buffer.byteLength(body), rows: 10_000, model: base.model };
    const { batchId } = await provider.createBatch(payload, { nonce: 'n0', rows: [], signal });
    assert.equal((await read(batchId)).length, 10_000);
  });
});
