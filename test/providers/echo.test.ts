import assert from 'node:assert/strict';
import { endedResults } from '../../src/core/assembleResult.ts';
import type { RequestParameters } from '../../src/core/job.ts';
import { createAnswerCheck } from '../../src/jobfile/answerCheck.ts';
import { fakeNamed } from '../support/fakes/fakeNames.ts';
import { FAKE_SERVICES } from '../support/fakes/services.ts';
import { worldOf } from '../support/fakes/worldOf.ts';

const SCHEMA = {
  type: 'object',
  properties: { total: { type: 'number' } },
  required: ['total'],
  additionalProperties: false,
};

/** The token that a request asks for, and the name of its property where it has one. */
function tokenIn(asked: string): { readonly token: string; readonly name: string | undefined } {
  const [, name, property] = /Set the property \\?"(\w+)\\?" to \\?"([0-9A-Z]{6})\\?"\./.exec(asked) ?? [];
  const token = property ?? / says \[([0-9A-Z]{6})\] and nothing else\./.exec(asked)?.[1];
  assert.ok(token !== undefined, `No token is asked for: ${asked}`);
  return { token, name };
}

for (const service of FAKE_SERVICES)
  for (const structured of [false, true])
    describe(`A ${structured ? 'structured' : 'plain'} answer of ${service.name} that gives back a token`, function () {
      this.timeout(30_000);

      it('is taken for its own row only, through the service’s own SDK (b-4)', async () => {
        /** Rows 2 and 4 have been answered once: each with what was told of the other. */
        const swappedOnce = new Set<string>();
        const told = (asked: string): string => {
          const { token, name } = tokenIn(asked);
          return name === undefined
            ? `About ${/Prompt \d/.exec(asked)?.[0] ?? ''}\n[${token}]`
            : JSON.stringify({ [name]: token, total: Number(/Prompt (\d)/.exec(asked)?.[1]) });
        };
        const swapped = (asked: string): string => {
          const row = /Prompt \d/.exec(asked)?.[0] ?? '';
          const other = { 'Prompt 2': 'Prompt 4', 'Prompt 4': 'Prompt 2' }[row];
          if (other === undefined || swappedOnce.has(row)) return told(asked);
          swappedOnce.add(row);
          return told(asked.replace(row, other).replace(tokenIn(asked).token, 'ZZZZZZ'));
        };
        await using fake = await fakeNamed(service.name, { fileLooks: 0, answer: swapped });
        const parameters: RequestParameters = {
          model: service.model,
          maxTokens: 100,
          echo: true,
          ...(structured ? { responseSchema: SCHEMA } : {}),
        };
        const world = await worldOf(
          { [service.name]: fake },
          { rows: 6, model: service.model, cell: { parameters } },
        );
        const status = await world.run({ checkAnswer: createAnswerCheck() });
        const results = [...endedResults(await world.state().readRun(world.runId))];
        await world.remove();
        assert.equal(status.counts.ok, 6, JSON.stringify(results));
        assert.deepEqual(
          results.map(({ attempts }) => attempts),
          [1, 1, 2, 1, 2, 1],
        );
        for (const [i, { response, parsedResponse }] of results.entries())
          if (structured)
            assert.deepEqual([response, parsedResponse], [`{"total":${String(i)}}`, { total: i }]);
          else assert.equal(response, `About Prompt ${String(i)}`);
      });
    });
