import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { FileState, GoogleGenAI, JobState } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

/** For `assert.rejects`: what an SDK throws for an answer with this status. */
function status(expected: number, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.equal((error as { readonly status?: unknown }).status, expected, String(error));
    assert.match(String(error), words);
    return true;
  };
}

describe('The fake of Anthropic', function () {
  this.timeout(60_000);
  let fake: FakeAnthropic;
  let client: Anthropic;

  const connect = async (inspects: boolean): Promise<void> => {
    fake = await FakeAnthropic.start({}, inspects);
    client = new Anthropic({ apiKey: fake.key, authToken: null, baseURL: fake.origin, maxRetries: 0 });
  };
  beforeEach(() => connect(true));
  afterEach(() => fake[Symbol.asyncDispose]());

  const question = {
    model: 'claude-haiku-5-5',
    system: 'Be short.',
    messages: [{ role: 'user' as const, content: 'How are you today?' }],
  };
  const params = { ...question, max_tokens: 10 };
  const create = (...ids: readonly string[]): Promise<Anthropic.Messages.MessageBatch> =>
    client.messages.batches.create({ requests: ids.map((custom_id) => ({ custom_id, params })) });
  const end = async (id: string): Promise<void> => {
    while ((await client.messages.batches.retrieve(id)).processing_status !== 'ended');
  };

  it('counts the tokens that it bills', async () => {
    const { input_tokens: counted } = await client.messages.countTokens(question);
    const { id } = await create('aaaaaaaa-0');
    await end(id);
    assert.equal(fake.ledger().batches[0]?.rows[0]?.billed?.input, counted);
  });

  it('tells limits and capabilities of its models, page by page', async () => {
    const models = await Array.fromAsync(client.models.list({ limit: 4 }));
    assert.ok(models.length > 4 && fake.seen('models').length > 1);
    const haiku = await client.models.retrieve('claude-haiku-5-5');
    assert.ok((haiku.max_input_tokens ?? 0) > 0 && haiku.capabilities?.batch.supported === true);
    await assert.rejects(client.models.retrieve('claude-nobody'), status(404, /claude-nobody/));
  });

  it('pages through batches in both directions', async () => {
    const ids: string[] = [];
    for (const id of ['a', 'b', 'c', 'd', 'e']) ids.unshift((await create(id)).id);
    const { batches } = client.messages;
    const first = await batches.list({ limit: 2 });
    assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [ids.slice(0, 2), true]);
    const older = await batches.list({ limit: 2, after_id: ids[1] ?? '' });
    assert.deepEqual(
      older.data.map(({ id }) => id),
      ids.slice(2, 4),
    );
    const newer = await batches.list({ limit: 2, before_id: ids[4] ?? '' });
    assert.deepEqual([newer.data.map(({ id }) => id), newer.has_more], [ids.slice(2, 4), true]);
    await assert.rejects(batches.list({ limit: 101 }), status(400, /limit/));
  });

  it('refuses a whole batch for one bad id, and looks at parameters only later', async () => {
    await fake[Symbol.asyncDispose]();
    await connect(false); // what is wrong here is meant to be
    await assert.rejects(
      create('good', 'not good'),
      status(400, /requests\.1\.custom_id: String should match/),
    );
    await assert.rejects(create('same', 'same'), status(400, /unique/));
    await assert.rejects(create(), status(400, /requests/));
    assert.equal(fake.batches.size, 0);
    const wrong = { ...params, temperature: 0.5 };
    const { id } = await client.messages.batches.create({ requests: [{ custom_id: 'a', params: wrong }] });
    await end(id);
    const [line] = await Array.fromAsync(await client.messages.batches.results(id));
    assert.equal(line?.result.type, 'errored');
  });

  it('does not cancel or forget at the wrong time, and keeps results for 29 days', async () => {
    const { id } = await create('a');
    await assert.rejects(client.messages.batches.delete(id), status(400, /has not ended/));
    await end(id);
    await assert.rejects(client.messages.batches.cancel(id), status(400, /cannot be canceled/));
    fake.aheadMs += 29 * 86_400_000;
    const { archived_at, results_url } = await client.messages.batches.retrieve(id);
    assert.ok(archived_at !== null && results_url === null);
    await client.messages.batches.delete(id);
    await assert.rejects(client.messages.batches.retrieve(id), status(404, /not found/));
  });
});

describe('The fake of OpenAI', function () {
  this.timeout(60_000);
  let fake: FakeOpenAI;
  let client: OpenAI;

  const connect = async (inspects: boolean): Promise<void> => {
    fake = await FakeOpenAI.start({}, inspects);
    client = new OpenAI({ apiKey: fake.key, baseURL: `${fake.origin}/v1`, maxRetries: 0 });
  };
  beforeEach(() => connect(true));
  afterEach(() => fake[Symbol.asyncDispose]());

  const body = { model: 'gpt-6-luna', instructions: 'Be short.', input: 'How are you today?' };
  const line = (custom_id: string, changes: object = {}): object => ({
    custom_id,
    method: 'POST',
    url: '/v1/responses',
    body,
    ...changes,
  });
  const upload = async (text: string, name = 'in.jsonl'): Promise<string> =>
    (await client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'batch' })).id;
  const create = (
    input_file_id: string,
    metadata: Record<string, string> | null = null,
  ): Promise<OpenAI.Batch> =>
    client.batches.create({ input_file_id, endpoint: '/v1/responses', completion_window: '24h', metadata });
  const jsonl = (...lines: readonly object[]): string =>
    lines.map((one) => `${JSON.stringify(one)}\n`).join('');
  const until = async (id: string, state: string): Promise<OpenAI.Batch> => {
    for (;;) {
      const batch = await client.batches.retrieve(id);
      if (batch.status === state) return batch;
      assert.notEqual(batch.status, 'failed', JSON.stringify(batch.errors));
    }
  };

  it('counts the tokens that it bills', async () => {
    const { input_tokens: counted } = await client.responses.inputTokens.count(body);
    const { id } = await create(await upload(jsonl(line('aaaaaaaa-0'))));
    await until(id, 'completed');
    assert.equal(fake.ledger().batches[0]?.rows[0]?.billed?.input, counted);
  });

  it('lists its models by their names alone', async () => {
    const models = await Array.fromAsync(client.models.list());
    assert.ok(models.some(({ id }) => id === 'gpt-6-luna'));
    await assert.rejects(client.models.retrieve('gpt-nobody'), status(404, /gpt-nobody/));
  });

  it('takes any line of a file, and fails the batch for it later', async () => {
    await fake[Symbol.asyncDispose]();
    await connect(false); // what is wrong here is meant to be
    const text = `${jsonl(line('a'), line('a'), line('b', { url: '/v1/embeddings' }))}no JSON\n`;
    const { id, status: first } = await create(await upload(text));
    assert.equal(first, 'validating');
    const batch = await client.batches.retrieve(id);
    assert.equal(batch.status, 'failed');
    assert.deepEqual(
      batch.errors?.data?.map(({ code, line: at }) => [code, at]),
      [
        ['duplicate_custom_id', 2],
        ['url_mismatch', 3],
        ['invalid_json_line', 4],
      ],
    );
  });

  it('refuses other names of files, unknown files and metadata beyond its limits', async () => {
    await assert.rejects(upload('{}', 'in.json'), status(400, /Must be \.jsonl/));
    await assert.rejects(create('file-none'), status(404, /No such File/));
    const file = await upload(jsonl(line('a')));
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${String(i)}`, 'v']));
    await assert.rejects(create(file, many), status(400, /at most 16/));
    await assert.rejects(create(file, { key: 'v'.repeat(513) }), status(400, /too long/));
    assert.equal(fake.batches.size, 0);
  });

  it('cancels in two steps, and forgets files after 30 days or when it is told to', async () => {
    const lines = ['a', 'b', 'c', 'd'].map((id) => line(id));
    const { id } = await create(await upload(jsonl(...lines)));
    assert.equal((await client.batches.cancel(id)).status, 'cancelling');
    const batch = await until(id, 'cancelled');
    assert.deepEqual(batch.request_counts, { total: 4, completed: 2, failed: 2 });
    await assert.rejects(client.batches.cancel(id), status(409, /Cannot cancel/));
    const rest = await (await client.files.content(batch.error_file_id ?? '')).text();
    assert.equal(rest.match(/batch_cancelled/g)?.length, 2);
    await client.files.delete(batch.error_file_id ?? '');
    await assert.rejects(client.files.content(batch.error_file_id ?? ''), status(404, /No such File/));
    assert.equal((await Array.fromAsync(client.files.list({ purpose: 'batch_output' }))).length, 1);
    fake.aheadMs += 30 * 86_400_000;
    await assert.rejects(client.files.content(batch.output_file_id ?? ''), status(404, /No such File/));
    assert.deepEqual(await Array.fromAsync(client.files.list()), []);
  });
});

describe('The fake of Gemini', function () {
  this.timeout(60_000);
  let fake: FakeGemini;
  let client: GoogleGenAI;

  beforeEach(async () => {
    fake = await FakeGemini.start({});
    client = new GoogleGenAI({ apiKey: fake.key, vertexai: false, httpOptions: { baseUrl: fake.origin } });
  });
  afterEach(() => fake[Symbol.asyncDispose]());

  const contents = [{ role: 'user', parts: [{ text: 'How are you today?' }] }];
  const model = 'gemini-3.5-flash';
  const upload = async (...keys: readonly string[]): Promise<string> => {
    const text = keys.map((key) => `${JSON.stringify({ key, request: { contents } })}\n`).join('');
    const file = new Blob([text], { type: 'application/jsonl' });
    return (await client.files.upload({ file, config: { mimeType: 'application/jsonl' } })).name ?? '';
  };
  const active = async (name: string): Promise<string> => {
    while ((await client.files.get({ name })).state !== FileState.ACTIVE);
    return name;
  };
  const until = async (name: string, state: JobState): Promise<void> => {
    while ((await client.batches.get({ name })).state !== state);
  };

  it('counts the tokens that it bills', async () => {
    const { totalTokens } = await client.models.countTokens({ model, contents });
    const src = await active(await upload('aaaaaaaa-0'));
    const { name = '' } = await client.batches.create({ model, src, config: { displayName: 'x' } });
    await until(name, JobState.JOB_STATE_SUCCEEDED);
    assert.equal(fake.ledger().batches[0]?.rows[0]?.billed?.input, totalTokens);
  });

  it('tells the limits of its models', async () => {
    const { inputTokenLimit, supportedActions } = await client.models.get({ model });
    assert.ok((inputTokenLimit ?? 0) > 0 && supportedActions?.includes('batchGenerateContent') === true);
    const models = await Array.fromAsync(await client.models.list({ config: { pageSize: 3 } }));
    assert.ok(models.length > 3 && fake.seen('models').length > 1);
    await assert.rejects(client.models.get({ model: 'gemini-nobody' }), status(404, /gemini-nobody/));
  });

  it('refuses files that are not active yet, unknown ones, and batches without a name', async () => {
    const src = await upload('a');
    const named = { displayName: 'x' };
    await assert.rejects(client.batches.create({ model, src, config: named }), status(400, /ACTIVE/));
    await active(src);
    await assert.rejects(client.batches.create({ model, src }), status(400, /display_name/));
    const unknown = client.batches.create({ model, src: 'files/none', config: named });
    await assert.rejects(unknown, status(403, /files\/none/));
    assert.equal(fake.batches.size, 0);
  });

  it('pages through batches, puts the key first or last, and forgets files after 48 hours', async () => {
    const src = await active(await upload('aaaaaaaa-0', 'aaaaaaaa-1'));
    const names: string[] = [];
    for (let i = 0; i < 5; i++)
      names.unshift((await client.batches.create({ model, src, config: { displayName: 'x' } })).name ?? '');
    const listed = await Array.fromAsync(await client.batches.list({ config: { pageSize: 2 } }));
    assert.deepEqual(
      listed.map(({ name }) => name),
      names,
    );
    assert.equal(fake.seen('list').length, 3);
    await until(names[0] ?? '', JobState.JOB_STATE_SUCCEEDED);
    const { dest } = await client.batches.get({ name: names[0] ?? '' });
    const headers = { 'x-goog-api-key': fake.key };
    const address = `${fake.origin}/v1/${dest?.fileName ?? ''}:download?alt=media`;
    const lines = (await (await fetch(address, { headers })).text()).trimEnd().split('\n');
    assert.deepEqual(lines.map((one) => one.startsWith('{"key"')).sort(), [false, true]);
    fake.aheadMs += 48 * 3_600_000;
    assert.equal((await fetch(address, { headers })).status, 403);
    assert.deepEqual(await Array.fromAsync(await client.files.list()), []);
    await assert.rejects(client.batches.cancel({ name: names[0] ?? '' }), status(400, /ended/));
  });
});
