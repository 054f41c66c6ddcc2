import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { BatchBuilder, type BatchOptions, type JobInput } from '../../../src/core/batch.ts';
import { StateError, isBatchbookError } from '../../../src/core/errors.ts';
import { toJsonSchema } from '../../../src/core/responseModel.ts';
import type { RunStatus } from '../../../src/core/status.ts';
import { schemaProblem } from '../../../src/jobfile/answerCheck.ts';
import type { ErrorCode } from '../../../src/core/vocabulary.ts';
import type { WorldOptions } from '../../support/engine.ts';
import type { World } from '../../support/engine.ts';
import { inWorld } from './scenario.ts';

type State = ReturnType<World['state']>;

/** Builders over one state, as a library user makes them one after the other. */
async function withBatches(
  work: (
    make: (options?: Partial<BatchOptions>, state?: State) => BatchBuilder,
    world: World,
  ) => Promise<void>,
  options: WorldOptions = {},
): Promise<void> {
  await inWorld(options, async (world) => {
    const own = world.state();
    await work(
      (batch = {}, state = own) =>
        new BatchBuilder(
          { stateFile: world.stateDir, ...batch },
          {
            state,
            registry: world.registry,
            outputs: undefined,
            clock: world.clock,
            random: () => 0.5,
            randomBytes: world.randomBytes,
            schemaProblem,
          },
        ),
      world,
    );
  });
}

function saying(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isBatchbookError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.userMessage, pattern);
    return true;
  };
}

describe('Batch', () => {
  it('runs jobs of every kind to their results by id', () =>
    withBatches(async (make, world) => {
      const file = path.join(world.dir, 'notes.txt');
      await writeFile(file, 'Some notes.');
      const seen: RunStatus[] = [];
      const run = await make()
        .addJob({ id: 'a', prompt: 'One' })
        .addJob({ messages: [{ role: 'user', content: 'Two' }], model: 'mock-large' })
        .addJob({ file, prompt: 'Summarize', enableCitations: true })
        .defaults({ model: 'mock-small', maxTokens: 50, system: 'Be brief.', effort: 'low' })
        .addCostLimit({ usd: 15 })
        .onProgress((status) => seen.push(status))
        .run({ wait: true });
      assert.ok(run.isComplete);
      assert.equal(run.status().counts.ok, 3);
      assert.equal(run.status().costUsd.limit, 15);
      const results = [...run.results().values()];
      assert.match(run.results().get('a')?.response ?? '', /to: One$/);
      assert.match(results[1]?.jobId ?? '', /^job-[0-9a-f]{26}$/);
      assert.deepEqual(
        results.map((result) => result.model),
        ['mock-small', 'mock-large', 'mock-small'],
      );
      assert.equal(results[2]?.citations.length, 1);
      assert.equal(seen.at(-1)?.state, 'finished');
    }));

  it('fills in temperature 0.7 and 1000 tokens, and leaves the temperature out where the model refuses it', () =>
    withBatches(async (make) => {
      const run = await make()
        .addJob({ id: 'small', prompt: 'x', model: 'mock-small' })
        .addJob({ id: 'large', prompt: 'x', model: 'mock-large' })
        .addJob({ id: 'own', prompt: 'x', model: 'mock-small', temperature: 0, maxTokens: 8192 })
        .run({ wait: true });
      assert.deepEqual(
        run.meta.cells.map((cell) => cell.parameters),
        [
          { model: 'mock-small', maxTokens: 1000, temperature: 0.7 },
          { model: 'mock-large', maxTokens: 1000 },
          { model: 'mock-small', maxTokens: 8192, temperature: 0 },
        ],
      );
      assert.deepEqual(
        run.meta.cells.map((cell) => cell.retry.truncated),
        [1, 1, 0],
        'an answer that may not grow is not asked for again',
      );
    }));

  it('an explicit parameter that the model refuses is an error, and nothing is sent', () =>
    withBatches(async (make, world) => {
      const batch = make().addJob({ id: 'a', prompt: 'x', model: 'mock-large', temperature: 0.5 });
      await assert.rejects(batch.run(), saying('validation', /^Job a, temperature: /));
      assert.equal(world.service.ledger().batches.length, 0);
      assert.deepEqual(await world.state().listRuns(), []);
    }));

  it('refuses jobs that are none, equal ids, unknown models, missing files and limits of nothing', () =>
    withBatches(async (make, world) => {
      const message = { role: 'user', content: 'x' } as const;
      for (const job of [
        {},
        { messages: [] },
        { file: 'a.txt' },
        { messages: [message], prompt: 'x' },
        { messages: [message], file: 'a.txt' },
      ]) {
        assert.throws(() => make().addJob(job), saying('validation', /^Job 1 needs either/));
      }
      for (const [usd, says] of [
        [0, /^The cost limit: "usd" must be above 0, not 0\.$/],
        [-1, /above 0, not -1/],
        [NaN, /must be a number, not NaN/],
        [Infinity, /must be a number, not Infinity/],
        [2e6, /at most 1000000/],
        ['5', /must be a number, not "5"/],
      ] as const)
        assert.throws(() => make().addCostLimit({ usd: usd as number }), saying('validation', says));
      const equal = make().defaults({ model: 'mock-small' });
      equal.addJob({ id: 'a', prompt: '1' }).addJob({ prompt: '2' }).addJob({ id: 'a', prompt: '3' });
      await assert.rejects(equal.run(), saying('validation', /^Jobs 1 and 3 have the same id "a"/));
      const same = make().defaults({ model: 'mock-small' }).addJob({ prompt: '1' }).addJob({ prompt: '1' });
      await assert.rejects(same.run(), saying('validation', /^Jobs 1 and 2 have the same id "job-/));
      await assert.rejects(
        make().addJob({ prompt: 'x' }).run(),
        saying('validation', /Job 1 names no model/),
      );
      await assert.rejects(
        make().addJob({ prompt: 'x', model: 'mock-smal' }).run(),
        saying('unknownModel', /"mock-smal"/),
      );
      const file = path.join(world.dir, 'none.pdf');
      await assert.rejects(
        make().addJob({ id: 'a', file, prompt: 'x', model: 'mock-small' }).run(),
        saying('validation', /^Job a: .*none\.pdf cannot be read/),
      );
    }));

  it('parameters out of bounds are refused where they are given, for a job and as defaults', () =>
    withBatches((make) => {
      for (const [parameters, says] of [
        [{ maxTokens: 0 }, /"maxTokens" must be at least 1, not 0\.$/],
        [{ maxTokens: -1 }, /at least 1, not -1/],
        [{ maxTokens: -1_000_000 }, /at least 1/],
        [{ maxTokens: 1.5 }, /"maxTokens" must be a whole number, not 1\.5/],
        [{ maxTokens: 1e308 }, /"maxTokens"/],
        [{ maxTokens: NaN }, /"maxTokens" must be a number, not NaN|whole number, not NaN/],
        [{ maxTokens: '5' }, /not "5"/],
        [{ maxTokens: 5n }, /not 5n/],
        [{ temperature: 2.5 }, /"temperature" must be at most 2, not 2\.5/],
        [{ temperature: Infinity }, /not Infinity/],
        [{ effort: 'hgh' }, /"effort" must be one of .* not "hgh"\. Did you mean "high"/],
        [{ model: '' }, /"model" must not be empty/],
        [{ model: () => 'm' }, /"model" must be a string, not a function/],
        [{ maxToken: 5 }, /There is no key "maxToken" here\. Did you mean "maxTokens"/],
      ] as const) {
        const given = parameters as Partial<JobInput>;
        assert.throws(() => make().defaults(given), saying('validation', says));
        assert.throws(() => make().defaults(given), saying('validation', /^The defaults: /));
        assert.throws(() => make().addJob({ prompt: 'x', ...given }), saying('validation', says));
        assert.throws(
          () =>
            make()
              .addJob({ prompt: 'x' })
              .addJob({ prompt: 'x', ...given }),
          saying('validation', /^Job 2: /),
        );
      }
      return Promise.resolve();
    }));

  it('a job of another form than a job has is refused with the place that is wrong', () =>
    withBatches((make) => {
      for (const [job, says] of [
        [{ id: 5, prompt: 'x' }, /^Job 1: "id" must be a string, not 5\.$/],
        [{ id: '', prompt: 'x' }, /"id" must not be empty/],
        [{ messages: [{ role: 'bot', content: 'x' }] }, /^Job 1, messages\[0\]: "role" must be one of/],
        [{ messages: [{ role: 'user' }] }, /^Job 1, messages\[0\]: "content" is missing/],
        [{ messages: 'Hello' }, /"messages" must be a list, not "Hello"/],
        [{ prompt: 'x', responseModel: 'json' }, /"responseModel" must be a JSON Schema/],
        [undefined, /^Job 1 must be an object, not undefined\.$/],
      ] as const)
        assert.throws(() => make().addJob(job as JobInput), saying('validation', says));
      return Promise.resolve();
    }));

  it('takes a job as it is when it is added, whatever becomes of the object', () =>
    withBatches(async (make) => {
      const job = { prompt: 'One', model: 'mock-small', maxTokens: 50 };
      const batch = make().addJob(job);
      batch.addJob(Object.assign(job, { prompt: 'Two' }));
      Object.assign(job, { maxTokens: -1 });
      const run = await batch.run({ wait: true });
      assert.equal(run.results().size, 2);
      assert.equal(run.meta.cells[0]?.parameters.maxTokens, 50);
    }));

  it('without jobs no run begins, so that the folder stays free', () =>
    withBatches(async (make, world) => {
      await assert.rejects(make().run(), saying('validation', /^The batch has no jobs/));
      assert.deepEqual(await world.state().listRuns(), []);
    }));

  it('the same jobs in the same folder resume their run, finished or not', () =>
    withBatches(
      async (make, world) => {
        const jobs = (limit: number): BatchBuilder =>
          make({ jobsPerBatch: 1, maxConcurrent: 1 })
            .defaults({ model: 'mock-small', maxTokens: 100 })
            .addJob({ id: 'a', prompt: 'One' })
            .addJob({ id: 'b', prompt: 'Two' })
            .addCostLimit({ usd: limit });
        const first = await jobs(0.000_1).run({ wait: true });
        assert.equal(first.status().state, 'stoppedByLimit');
        const second = await jobs(1).run({ wait: true });
        assert.equal(second.runId, first.runId);
        assert.equal(second.status().counts.ok, 2, 'a raised limit holds for the resumed run');
        assert.equal(second.status().costUsd.limit, 1);
        const third = await jobs(1).run({ wait: true });
        assert.equal(third.runId, first.runId);
        assert.equal(world.service.ledger().batches.length, 2);
      },
      { service: { runningMs: 1000 } },
    ));

  it('other jobs in the same folder are refused with what differs', () =>
    withBatches(async (make) => {
      const add = (...ids: string[]): BatchBuilder => {
        const batch = make().defaults({ model: 'mock-small' });
        for (const id of ids) batch.addJob({ id, prompt: 'x' });
        return batch;
      };
      await add('a', 'b').run({ wait: true });
      await assert.rejects(add('a', 'c', 'd', 'e', 'f').run(), (error) => {
        assert.ok(error instanceof StateError);
        return saying('state', /new: c, d, e and 1 more; not there any more: b/)(error);
      });
      const changed = make().defaults({ model: 'mock-small' }).addJob({ id: 'a', prompt: 'y' });
      await assert.rejects(changed.addJob({ id: 'b', prompt: 'x' }).run(), saying('state', /\(changed: a\)/));
    }));

  it('a plan that was never completed does not stand in the way, a corrupt run does', () =>
    withBatches(async (make, world) => {
      const jobs = (): BatchBuilder => make().addJob({ prompt: 'x', model: 'mock-small' });
      const run = await jobs().run({ wait: true });
      const journal = path.join(world.stateDir, 'runs', run.runId, 'journal.jsonl');
      await writeFile(journal, '');
      const again = await jobs().run({ wait: true });
      assert.notEqual(again.runId, run.runId);
      await writeFile(path.join(world.stateDir, 'runs', again.runId, 'journal.jsonl'), 'broken\n');
      await assert.rejects(jobs().run(), saying('corruptState', /journal\.jsonl line 1/));
    }));

  it('a file that changes or goes after planning is found out when it is sent', () =>
    withBatches(async (make, world) => {
      const state = world.state();
      const file = path.join(world.dir, 'notes.txt');
      await writeFile(file, 'Some notes.');
      const { unlink } = await import('node:fs/promises');
      const original = state.createRun.bind(state);
      state.createRun = async (run) => {
        await original(run);
        await unlink(file);
      };
      const run = await make({}, state)
        .addJob({ id: 'a', file, prompt: 'x', model: 'mock-small' })
        .addJob({ id: 'b', prompt: 'x', model: 'mock-small' })
        .run({ wait: true });
      assert.equal(run.results().get('a')?.error?.code, 'gone');
      // Nothing else is lost with it.
      assert.equal(run.status().counts.pending, 0);
    }));

  it('run resolves when the run has started; the signal given to it reaches the lease', () =>
    withBatches(async (make) => {
      const run = await make()
        .addJob({ prompt: 'x', model: 'mock-small' })
        .run({ signal: new AbortController().signal });
      assert.equal(run.isComplete, false);
      await run.shutdown();
    }));
});

describe('Response models', () => {
  const expected = {
    type: 'object',
    properties: { total: { type: 'number' } },
    required: ['total'],
    additionalProperties: false,
  };

  it('may be zod 4, a Standard Schema that knows its JSON Schema, or a JSON Schema', () => {
    const { $schema: _draft, ...fromZod } = toJsonSchema(z.object({ total: z.number() }));
    assert.deepEqual(fromZod, expected);
    assert.deepEqual(toJsonSchema(expected), expected);
    const targets: string[] = [];
    const standard = {
      '~standard': {
        version: 1 as const,
        vendor: 'other',
        jsonSchema: {
          output: ({ target }: { target: string }) => {
            targets.push(target);
            return expected;
          },
        },
      },
    };
    assert.deepEqual(toJsonSchema(standard), expected);
    assert.deepEqual(targets, ['draft-2020-12']);
  });

  it('of a library that cannot tell its JSON Schema are refused with what to do', () => {
    assert.throws(
      () => toJsonSchema({ '~standard': { version: 1, vendor: 'other' } }),
      saying('validation', /made with other cannot tell its JSON Schema/),
    );
  });

  it('that no answer could be checked by are refused before anything is sent, with the job and the reason', () =>
    withBatches(async (make, world) => {
      for (const [responseModel, reason] of [
        [{ type: 'objekt' }, /Job a, responseModel: .*must be equal to one of the allowed values/],
        [
          { type: 'object', properties: { a: { $ref: '#/$defs/nowhere' } } },
          /Job a, responseModel: .*nowhere/,
        ],
      ] as const)
        await assert.rejects(
          make().addJob({ id: 'a', prompt: 'x', model: 'mock-small', responseModel }).run(),
          saying('validation', reason),
        );
      assert.equal(world.service.ledger().batches.length, 0);
    }));

  it('give parsed answers', () =>
    withBatches(async (make) => {
      const run = await make()
        .addJob({
          id: 'a',
          prompt: 'x',
          model: 'mock-small',
          responseModel: z.object({ total: z.number(), name: z.string() }),
        })
        .run({ wait: true });
      const parsed = run.results().get('a')?.parsedResponse as { total: number; name: string };
      assert.equal(typeof parsed.total, 'number');
      assert.equal(typeof parsed.name, 'string');
    }));
});
