import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { toRequest } from '../../src/providers/anthropic/request.ts';
import { toRowResult as fromAnthropic } from '../../src/providers/anthropic/rows.ts';
import { toRowResult as fromGemini } from '../../src/providers/gemini/rows.ts';
import { toLine } from '../../src/providers/openai/request.ts';
import { toRowResult as fromOpenAI } from '../../src/providers/openai/rows.ts';
import { requestForms } from '../support/requestForms.ts';

/** Specifications and samples of the services that lie beside some checkouts; none of it is part of this project. */
const DIR = process.env['BATCHBOOK_CONTRACT_DIR'] ?? '';

if (DIR !== '' && existsSync(path.join(DIR, 'README.md'))) {
  describe('What the services themselves specify', () => {
    it('is kept by every request to Anthropic', async () => {
      const validate = await schemaOf('anthropic-batch-subset.json', 'CreateMessageBatchParams');
      for (const [i, job] of requestForms('claude-haiku-5-5').entries()) {
        const { custom_id, params } = toRequest(job, `nonce234-${String(i)}`);
        assertValid(validate, { requests: [{ custom_id, params }] });
      }
      assert.equal(
        validate({ requests: [{ custom_id: 'a b', params: {} }] }),
        false,
        'the schema refuses something',
      );
    });

    it('is kept by every request to OpenAI', async () => {
      const validate = await schemaOf('openai-batch-subset.json', 'CreateResponse');
      for (const [i, job] of requestForms('gpt-6-luna').entries())
        assertValid(validate, toLine(job, `nonce234-${String(i)}`).body);
      assert.equal(validate({ model: 'gpt-6-luna', input: 'x', reasoning: { effort: 'huge' } }), false);
    });

    for (const [what, file, read] of [
      ['Anthropic', 'anthropic-samples/results.jsonl', fromAnthropic],
      ['OpenAI', 'openai-samples/output.jsonl', fromOpenAI],
      ['OpenAI, of what failed,', 'openai-samples/error.jsonl', fromOpenAI],
      ['Gemini', 'gemini-samples/output.jsonl', fromGemini],
    ] as const)
      it(`is understood in the result lines of ${what}`, async () => {
        const lines = (await readFile(path.join(DIR, file), 'utf8')).trimEnd().split('\n');
        assert.ok(lines.length > 0);
        for (const line of lines) {
          const result = read(line);
          assert.ok(result.customId !== undefined, line);
          assert.ok(result.error === undefined || !/cannot be read/.test(result.error.message), line);
          if (result.outcome === 'ok') assert.ok(result.usage !== undefined && result.usage.output > 0, line);
        }
      });
  });
}

async function schemaOf(file: string, name: string): Promise<ValidateFunction> {
  const text = await readFile(path.join(DIR, file), 'utf8');
  const spec = JSON.parse(text, (key: string, value: unknown) =>
    key === 'discriminator' ? undefined : value,
  ) as object;
  // Alternatives of which one fits twice are no fault of a request.
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false });
  ajv.addSchema(JSON.parse(JSON.stringify(spec).replaceAll('"oneOf"', '"anyOf"')) as object, 'spec');
  return ajv.compile({ $ref: `spec#/components/schemas/${name}` });
}

function assertValid(validate: ValidateFunction, value: unknown): void {
  assert.ok(
    validate(value),
    `${JSON.stringify(value).slice(0, 600)}\n${JSON.stringify(validate.errors?.slice(0, 3))}`,
  );
}
