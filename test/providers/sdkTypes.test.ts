import assert from 'node:assert/strict';
import { EFFORTS, type Job } from '../../src/core/job.ts';
import { toRequest } from '../../src/providers/anthropic/request.ts';
import { toLine as toGeminiLine } from '../../src/providers/gemini/request.ts';
import { ANTHROPIC_MODELS, GEMINI_MODELS, OPENAI_MODELS } from '../../src/providers/models/modelTable.ts';
import { toLine as toOpenAILine } from '../../src/providers/openai/request.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { geminiLine, openAILine, withoutTakenTemperature } from '../support/fakes/schemas/inspector.ts';
import { sdkSchemas, type SdkSchemas, type SdkType } from '../support/fakes/schemas/sdkSchemas.ts';
import { requestForms } from '../support/requestForms.ts';

/** The forms of requests of a model, and those that only some models take. */
function formsOf({
  name,
  supportsTemperature,
  efforts = [],
}: (typeof ANTHROPIC_MODELS)[number]): readonly Job[] {
  const [plain] = requestForms(name);
  assert.ok(plain !== undefined);
  return [
    ...requestForms(name).filter(({ effort }) => effort === undefined || efforts.includes(effort)),
    ...EFFORTS.filter((effort) => efforts.includes(effort)).map((effort) => ({ ...plain, effort })),
    ...(supportsTemperature ? [{ ...plain, temperature: 0.5 }] : []),
  ];
}

describe('What we send, by the types of the vendors’ own SDKs', function () {
  this.timeout(60_000);
  let schemas: SdkSchemas;

  before(async () => {
    schemas = await sdkSchemas();
  });

  const accept = (problem: string | undefined): void => assert.equal(problem, undefined);
  const refuse = (type: SdkType, value: unknown, words: RegExp): void =>
    assert.match(schemas.sent(type, value) ?? 'nothing is wrong', words);

  it('is right for every model of Anthropic, temperature being the one thing that they do not name', () => {
    for (const model of ANTHROPIC_MODELS)
      for (const job of formsOf(model)) {
        const body = { requests: [toRequest(job, 'aaaaaaaa-0')] };
        accept(schemas.sent('AnthropicBatchCreate', withoutTakenTemperature(body)));
        if (job.temperature !== undefined) refuse('AnthropicBatchCreate', body, /temperature/);
      }
    const [cited] = requestForms('claude-haiku-5-5').filter(({ file }) => file?.path.endsWith('.md'));
    assert.ok(cited !== undefined);
    const row = toRequest({ ...cited, enableCitations: true }, 'aaaaaaaa-0');
    accept(schemas.sent('AnthropicBatchCreate', { requests: [row] }));
  });

  it('is right for every model of OpenAI', () => {
    for (const model of OPENAI_MODELS)
      for (const job of formsOf(model)) accept(openAILine(schemas, toOpenAILine(job, 'aaaaaaaa-0')));
  });

  it('is right for every model of Gemini', () => {
    for (const model of GEMINI_MODELS)
      for (const job of formsOf(model))
        for (const problem of geminiLine(schemas, toGeminiLine(job, 'aaaaaaaa-0'))) accept(problem);
  });

  it('would be refused with what Anthropic has taken away, or never had', () => {
    const params = { model: 'claude-haiku-5-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };
    const row = (changes: object): object => ({
      requests: [{ custom_id: 'a', params: { ...params, ...changes } }],
    });
    accept(schemas.sent('AnthropicBatchCreate', row({})));
    refuse('AnthropicBatchCreate', row({ temperature: 0.5 }), /temperature/);
    // The exception is for models that take it, and for values that they take.
    for (const changes of [{ temperature: 0.5 }, { model: 'claude-haiku-4-5', temperature: 2 }])
      refuse('AnthropicBatchCreate', withoutTakenTemperature(row(changes)), /temperature/);
    refuse('AnthropicBatchCreate', row({ top_k: 5 }), /top_k/);
    refuse('AnthropicBatchCreate', row({ output_format: {} }), /output_format/);
    refuse('AnthropicBatchCreate', row({ output_config: { effort: 'huge' } }), /effort/);
    refuse('AnthropicBatchCreate', row({ max_tokens: undefined }), /max_tokens/);
    refuse('AnthropicBatchCreate', { ...row({}), metadata: {} }, /metadata/);
    const part = { type: 'document', source: { type: 'base64', media_type: 'text/html', data: '' } };
    refuse('AnthropicBatchCreate', row({ messages: [{ role: 'user', content: [part] }] }), /messages/);
  });

  it('would be refused with parameters of another API of OpenAI', () => {
    const body = { model: 'gpt-6-luna', input: 'Hi' };
    accept(schemas.sent('OpenAIRequest', body));
    refuse('OpenAIRequest', { ...body, max_tokens: 9 }, /max_tokens/);
    refuse('OpenAIRequest', { ...body, messages: [] }, /messages/);
    refuse('OpenAIRequest', { ...body, reasoning: { effort: 'huge' } }, /effort/);
    const format = { type: 'json_schema', schema: {} };
    refuse('OpenAIRequest', { ...body, text: { format } }, /name/);
    const part = { type: 'text', text: 'Hi' };
    refuse('OpenAIRequest', { ...body, input: [{ role: 'user', content: [part] }] }, /input/);
    const line = { custom_id: 'a', method: 'POST', url: '/v1/responses', body };
    accept(openAILine(schemas, line));
    assert.match(openAILine(schemas, { ...line, url: '/v1/chat/completions' }) ?? '', /no line/);
    const create = { input_file_id: 'f', endpoint: '/v1/responses', completion_window: '24h' };
    accept(schemas.sent('OpenAIBatchCreate', create));
    refuse('OpenAIBatchCreate', { ...create, completion_window: '1h' }, /completion_window/);
    refuse('OpenAIBatchCreate', { ...create, name: 'x' }, /name/);
  });

  it('would be refused in a form of Gemini’s that is not the wire’s', () => {
    const data = { mimeType: 'application/pdf', data: 'AAAA' };
    accept(schemas.sent('GeminiContents', [{ role: 'user', parts: [{ inlineData: data }] }]));
    refuse('GeminiContents', [{ role: 'user', parts: [{ inline_data: data }] }], /inline_data/);
    refuse('GeminiContents', [{ role: 'user', text: 'Hi' }], /text/);
    refuse('GeminiConfig', { max_output_tokens: 9 }, /max_output_tokens/);
    refuse('GeminiConfig', { thinkingConfig: { thinkingLevel: 'HUGE' } }, /thinkingLevel/);
    const line = { key: 'a', request: { contents: [], generationConfig: {} } };
    const wrong = { ...line, request: { ...line.request, system_instruction: {} } };
    assert.deepEqual(
      geminiLine(schemas, line).filter((problem) => problem !== undefined),
      [],
    );
    assert.match(geminiLine(schemas, wrong).join(), /system_instruction/);
  });

  it('is held against them by every fake, which tells at its end', async () => {
    const fake = await FakeAnthropic.start();
    const params = { model: 'claude-haiku-5-5', max_tokens: 9, top_p: 1, messages: [] };
    const headers = { authorization: `Bearer ${fake.key}`, 'anthropic-version': '2026-10-21' };
    const body = JSON.stringify({ requests: [{ custom_id: 'a', params }] });
    const response = await fetch(`${fake.origin}/v1/messages/batches`, { method: 'POST', headers, body });
    assert.equal(response.status, 200, 'the service looks at parameters only later');
    await assert.rejects(fake[Symbol.asyncDispose](), /create: no AnthropicBatchCreate: .*top_p/);
  });
});

describe('What the fakes answer, by the types of the vendors’ own SDKs', function () {
  this.timeout(60_000);

  it('may have more than they name, and nothing less', async () => {
    const schemas = await sdkSchemas();
    const file = {
      id: 'file-1',
      object: 'file',
      bytes: 1,
      created_at: 1,
      filename: 'a.jsonl',
      purpose: 'batch',
      status: 'processed',
    };
    assert.equal(schemas.answered('OpenAIFile', { ...file, more: 1 }), undefined);
    assert.match(schemas.answered('OpenAIFile', { ...file, bytes: '1' }) ?? '', /bytes/);
    assert.match(schemas.answered('AnthropicBatch', { id: 'x' }) ?? '', /required/);
  });
});
