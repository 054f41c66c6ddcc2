import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { endedResults } from '../../../src/core/assembleResult.ts';
import { BatchBuilder } from '../../../src/core/batch.ts';
import { ValidationError } from '../../../src/core/errors.ts';
import { answerTokens, echoIssue, echoToken, withEcho, withoutEcho } from '../../../src/core/echo.ts';
import { hashInput } from '../../../src/core/inputHash.ts';
import type { Job, JobResult } from '../../../src/core/job.ts';
import { DEFAULT_RETRY } from '../../../src/core/plan.ts';
import type { Provider, RowResult } from '../../../src/core/provider.ts';
import { createAnswerCheck } from '../../../src/jobfile/answerCheck.ts';
import type { MockFaults } from '../../../src/providers/mock/mockOptions.ts';
import { mockModel } from '../../../src/providers/mock/mockModels.ts';
import { World, seededRandom, type WorldOptions } from '../../support/engine.ts';

const SMALL = mockModel('mock-small')!;
const SCHEMA = {
  type: 'object',
  properties: { total: { type: 'number' }, note: { type: 'string' } },
  required: ['total'],
  additionalProperties: false,
};

/** A world whose rows ask for their token. */
function echoing(faults: MockFaults, options: WorldOptions = {}): Promise<World> {
  return World.make({
    rows: 6,
    ...options,
    service: { faults, ...options.service },
    cell: { parameters: { model: 'mock-small', maxTokens: 100, echo: true }, ...options.cell },
  });
}

async function resultsOf(world: World): Promise<readonly JobResult[]> {
  return [...endedResults(await world.state().readRun(world.runId))];
}

function job(changes: Partial<Job> = {}): Job {
  return { id: 'a', model: 'mock-small', maxTokens: 100, prompt: 'Say it.', echo: true, ...changes };
}

function answer(response: string, changes: Partial<RowResult> = {}): RowResult {
  return { customId: 'n-0', outcome: 'ok', response, ...changes };
}

describe('A token that each answer gives back (b-4)', () => {
  it('is taken out of a good answer, which is the row’s as ever', async () => {
    const world = await echoing({});
    const plain = await World.make({ rows: 6, dir: world.dir, runId: '01hf0000000000000000000000' });
    await world.run();
    for (const result of await resultsOf(world)) {
      assert.equal(result.status, 'ok');
      assert.match(result.response ?? '', /^Answer [0-9a-f]+ to: Prompt \d/);
      assert.doesNotMatch(result.response ?? '', /\[[0-9A-Z]{6}\]$/);
    }
    assert.equal((await plain.run()).counts.ok, 6);
    await world.remove();
  });

  it('shows answers that a service has put on each other’s rows: they are asked for again, once', async () => {
    const world = await echoing({ misrouted: { ordinals: [1, 3, 4], attempts: 1 } });
    const status = await world.run();
    assert.equal(status.counts.ok, 6);
    const results = await resultsOf(world);
    assert.deepEqual(
      results.map(({ attempts }) => attempts),
      [1, 2, 1, 2, 2, 1],
    );
    for (const [i, { response }] of results.entries())
      assert.ok(response?.includes(`Prompt ${String(i)}`), response);
    await world.remove();
  });

  it('never lets another row’s answer be ok, however often it comes; its text is kept', async () => {
    const world = await echoing({ misrouted: [1, 3] });
    const status = await world.run();
    assert.deepEqual([status.state, status.counts.ok, status.counts.invalid], ['finished', 4, 2]);
    const [, first, , second] = await resultsOf(world);
    for (const result of [first, second]) {
      assert.equal(result?.attempts, 2, 'one re-ask, by the retry policy');
      assert.equal(result.error?.code, 'invalid');
      assert.match(result.error.message, /may be another row's answer/);
      assert.match(result.response ?? '', /^Answer .*\[[0-9A-Z]{6}\]$/s, 'as it came');
    }
    await world.remove();
  });

  it('is what tells it: without, the same answers are taken for good', async () => {
    const world = await World.make({ rows: 6, service: { faults: { misrouted: [1, 3] } } });
    assert.equal((await world.run()).counts.ok, 6);
    await world.remove();
  });

  it('is missed where a model leaves it out, as the policy has it', async () => {
    const world = await echoing(
      { tokenForgotten: [2] },
      {
        cell: {
          parameters: { model: 'mock-small', maxTokens: 100, echo: true },
          retry: { ...DEFAULT_RETRY, invalid: 0 },
        },
      },
    );
    const status = await world.run();
    assert.deepEqual([status.counts.ok, status.counts.invalid], [5, 1]);
    assert.equal((await resultsOf(world))[2]?.attempts, 1);
    await world.remove();
  });

  it('is one more property of a structured answer, gone before the person’s schema sees it', async () => {
    const world = await echoing(
      { misrouted: { ordinals: [0, 5], attempts: 1 } },
      {
        cell: {
          parameters: { model: 'mock-small', maxTokens: 100, echo: true, responseSchema: SCHEMA },
        },
        service: { answer: () => '{"total": 12, "note": "x"}' },
      },
    );
    const checked: string[] = [];
    const check = createAnswerCheck();
    // The pretend service parses answers itself; a real one leaves that to us.
    const { provider } = world;
    const results = provider.results.bind(provider);
    provider.results = async function* (...args: Parameters<Provider['results']>) {
      for await (const { parsedResponse: _parsed, ...line } of results(...args)) yield line;
    };
    const status = await world.run({
      checkAnswer: (schema, text) => {
        checked.push(text);
        return check(schema, text);
      },
    });
    assert.equal(status.counts.ok, 6, JSON.stringify(await resultsOf(world)));
    assert.equal(checked.length, 6, 'an answer without its token is not even looked at');
    for (const { parsedResponse, response } of await resultsOf(world)) {
      assert.deepEqual(parsedResponse, { total: 12, note: 'x' });
      assert.equal(response, '{"total":12,"note":"x"}');
    }
    await world.remove();
  });

  it('is taken out of what a provider has parsed itself', () => {
    const token = echoToken('n', 0);
    const parsedResponse = { total: 1, batchbook_check: token };
    const rest = withoutEcho(answer(JSON.stringify(parsedResponse), { parsedResponse }), SCHEMA, token);
    assert.deepEqual([rest.outcome, rest.parsedResponse], ['ok', { total: 1 }]);
    const strange = withoutEcho(answer('{"total":1}', { parsedResponse: { total: 1 } }), SCHEMA, token);
    assert.equal(strange.outcome, 'invalid');
    assert.equal('parsedResponse' in strange, false, 'nothing of it passes for a valid answer');
  });

  it('is cut out of JSON of any form, and nothing else is', () => {
    const token = echoToken('n', 0);
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        fc.nat(),
        fc.constantFrom(undefined, 2),
        fc.constantFrom(['', ''], ['```json\n', '\n```'], ['Here it is: ', ' Done.']),
        (values, at, indent, [before, after]) => {
          const entries = Object.entries(values).filter(([key]) => key !== 'batchbook_check');
          const place = at % (entries.length + 1);
          const told = Object.fromEntries(entries.toSpliced(place, 0, ['batchbook_check', token]));
          const { outcome, response } = withoutEcho(
            answer(before + JSON.stringify(told, undefined, indent) + after),
            SCHEMA,
            token,
          );
          assert.equal(outcome, 'ok');
          const json = response?.slice(before.length, response.length - after.length) ?? '';
          assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(Object.fromEntries(entries))));
        },
      ),
    );
  });

  for (const [form, text] of [
    ['as asked', 'Yes.\n[K7Q2MX]'],
    ['bold', 'Yes.\n\n**[K7Q2MX]**\n'],
    ['on the same line', 'Yes. [K7Q2MX].'],
    ['right behind', 'Yes.[K7Q2MX]'],
    ['without brackets', 'Yes.\nK7Q2MX'],
    ['in small letters', 'Yes.\n[k7q2mx]'],
    ['as code', 'Yes.\n`[K7Q2MX]`'],
  ] as const)
    it(`is found ${form}`, () => {
      const { outcome, response } = withoutEcho(answer(text), undefined, 'K7Q2MX');
      assert.deepEqual([outcome, response], ['ok', 'Yes.']);
    });

  for (const [what, text] of [
    ['in the middle', '[K7Q2MX] Yes.'],
    ['as a part of a word', 'Yes, AK7Q2MX'],
    ['of another row', 'Yes.\n[K7Q2MY]'],
    ['nowhere', 'Yes.'],
    ['of an empty answer', ''],
  ] as const)
    it(`does not count ${what}`, () => {
      const { outcome, response } = withoutEcho(answer(text), undefined, 'K7Q2MX');
      assert.deepEqual([outcome, response], ['invalid', text]);
    });

  it('alone is no answer', () => {
    assert.equal(withoutEcho(answer('[K7Q2MX]'), undefined, 'K7Q2MX').outcome, 'invalid');
  });

  it('changes nothing of how an answer ended that was cut off or refused', () => {
    for (const outcome of ['truncated', 'refused', 'invalid', 'permanent'] as const) {
      const result = answer('Half of it', { outcome });
      assert.deepEqual(withoutEcho(result, undefined, 'K7Q2MX'), result);
    }
  });

  it('leaves citations where they are in what is left', () => {
    const text = 'Yes.\n[K7Q2MX]';
    const citation = { file: 'a.md', citedText: 'x', verified: true };
    const { citations } = withoutEcho(
      answer(text, {
        citations: [
          { ...citation, answerRange: [0, 4] },
          { ...citation, answerRange: [0, text.length] },
          citation,
        ],
      }),
      undefined,
      'K7Q2MX',
    );
    assert.deepEqual(
      citations?.map(({ answerRange }) => answerRange),
      [[0, 4], [0, 4], undefined],
    );
  });

  it('is another for every row and every attempt', () => {
    const tokens = new Set<string>();
    for (let row = 0; row < 100; row++)
      for (const nonce of ['aaaaaaaa', 'bbbbbbbb']) tokens.add(echoToken(nonce, row));
    assert.equal(tokens.size, 200);
    for (const token of tokens) assert.match(token, /^[0-9A-Z]{6}$/);
    assert.equal(echoToken('aaaaaaaa', 7), echoToken('aaaaaaaa', 7));
  });

  it('is asked for by the last words of the person, in a schema that is the same for every row', () => {
    const asked = (token: string): Job => withEcho(job({ responseSchema: SCHEMA }), token);
    assert.deepEqual(asked('AAAAAA').responseSchema, asked('BBBBBB').responseSchema, 'compiled once, cached');
    assert.match(
      asked('AAAAAA').prompt ?? '',
      /^Say it\.\n\nSet the property "batchbook_check" to "AAAAAA"\.$/,
    );
    const turns = withEcho(
      job({
        prompt: undefined,
        messages: [
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'Well,' },
        ],
      } as never),
      'AAAAAA',
    );
    assert.match(turns.messages?.[0]?.content ?? '', /^Hello\n\nEnd your answer .* \[AAAAAA\] /);
    assert.equal(turns.messages?.[1]?.content, 'Well,');
    assert.equal(withEcho(job({ echo: false }), 'AAAAAA').prompt, 'Say it.');
  });

  it('takes a property of its own, whatever the schema has', () => {
    const schema = { type: 'object', properties: { batchbook_check: { type: 'string' } } };
    const { responseSchema } = withEcho(job({ responseSchema: schema }), 'AAAAAA');
    assert.deepEqual(Object.keys(responseSchema?.['properties'] as object), [
      'batchbook_check',
      'batchbook_check_',
    ]);
    assert.deepEqual(responseSchema?.['required'], ['batchbook_check_']);
    const told = '{"batchbook_check":"mine","batchbook_check_":"AAAAAA"}';
    assert.equal(withoutEcho(answer(told), schema, 'AAAAAA').response, '{"batchbook_check":"mine"}');
  });

  it('is refused where a schema has no place for it', () => {
    for (const schema of [
      { type: 'array', items: { type: 'string' } },
      { type: 'object' },
      { $ref: '#/$defs/a', $defs: { a: SCHEMA } },
      { type: 'object', properties: {}, anyOf: [SCHEMA] },
      { type: 'object', properties: { child: { $ref: '#' } } },
    ]) {
      assert.match(echoIssue(schema) ?? '', /needs a schema/, JSON.stringify(schema));
      assert.throws(() => withEcho(job({ responseSchema: schema }), 'AAAAAA'), ValidationError);
    }
    assert.equal(echoIssue(SCHEMA), undefined);
  });

  it('is reserved and allowed for: its words in the prompt, and its digits in the answer (P3)', async () => {
    const world = await echoing({}, { rows: 3, prompt: () => 'Say it.' });
    const sent: Job[] = [];
    const { provider } = world;
    const encodeRow = provider.encodeRow.bind(provider);
    provider.encodeRow = (given, customId) => {
      sent.push(given);
      return encodeRow(given, customId);
    };
    await world.run();
    const run = await world.state().readRun(world.runId);
    const asked = sent[0];
    assert.ok(asked);
    assert.equal(asked.maxTokens, 124);
    const worst = provider.estimateTokens(asked).upperBound * 500 + 124 * 2_500; // nanodollars of mock-small
    for (const row of run.ledger.rows) assert.equal(row.planned.estimate.reservedNanoUsd, worst);
    assert.equal(answerTokens({ maxTokens: 100, echo: false }, SMALL), 100);
    assert.equal(answerTokens({ maxTokens: 8_190, echo: true }, SMALL), 8_192, 'no more than the model has');
    assert.equal(answerTokens({ maxTokens: 9_000, echo: true }, SMALL), 9_000, 'and never less than asked');
    await world.remove();
  });

  it('is a part of what identifies a job; jobs without it are what they were', () => {
    assert.notEqual(hashInput(job()), hashInput(job({ echo: false })));
    const { echo: _echo, ...without } = job();
    assert.equal(hashInput(job({ echo: false })), hashInput(without));
    // As it was before there were tokens: runs of before go on, and their answers are reused.
    assert.equal(hashInput(without), 'atdQAvRhPB6Zk6_X8m7Yqz');
  });

  it('is there for jobs of the library, where a default is left out for a model that cannot', async () => {
    const world = await echoing({ misrouted: [0, 1] });
    const build = (): BatchBuilder =>
      new BatchBuilder(
        { stateFile: world.stateDir },
        {
          state: world.state(),
          registry: world.registry,
          outputs: undefined,
          clock: world.clock,
          random: seededRandom(2),
          randomBytes: world.randomBytes,
        },
      );
    const run = await build()
      .defaults({ model: 'mock-small', echo: true })
      .addJob({ prompt: 'One?' })
      .addJob({ prompt: 'Two?' })
      .addJob({ prompt: 'Three?' })
      .addJob({
        prompt: 'Four sentences. Of some length. That tell much. And no more.',
        model: 'offline-extractive',
      })
      .run({ wait: true });
    const { counts } = run.status();
    assert.deepEqual([counts.ok, counts.invalid], [2, 2]);
    await rm(world.stateDir, { recursive: true, force: true });
    await assert.rejects(
      build().addJob({ prompt: 'One?', model: 'offline-extractive', echo: true }).run(),
      /offline-extractive cannot give back a token/,
    );
    await world.remove();
  });
});
