import type { ValidateFunction } from 'ajv/dist/2020.js';
import { jsonIn, withoutOptionalNulls, type AnswerCheck } from '../core/answerCheck.ts';
import type { JsonSchema } from '../core/job.ts';
import { answerFields } from './answerFields.ts';

/** Problems of one answer that are told. */
const TOLD = 5;

/** Checks answers with Ajv (JSON Schema 2020-12). Each schema is compiled once. */
export function createAnswerCheck(): AnswerCheck {
  const compiled = new WeakMap<JsonSchema, Promise<ValidateFunction>>();
  return async (schema, answer) => {
    const found = jsonIn(answer);
    if (found === undefined) return { ok: false, message: 'The answer is not JSON.' };
    const validating = compiled.get(schema) ?? compile(schema);
    compiled.set(schema, validating);
    const validate = await validating;
    const value = withoutOptionalNulls(found.value, schema);
    if (validate(value)) return { ok: true, value, fieldsIn: answerFields(found) };
    const problems = (validate.errors ?? [])
      .slice(0, TOLD)
      .map(
        ({ instancePath, message }) =>
          `${instancePath === '' ? 'The answer' : instancePath} ${message ?? 'is wrong'}`,
      );
    return { ok: false, message: `${problems.join('; ')}.` };
  };
}

async function compile(schema: JsonSchema): Promise<ValidateFunction> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  // Formats are words for the model, not rules: Ajv knows none of them by itself.
  const ajv = new Ajv2020({ logger: false, strict: false, validateFormats: false, allErrors: true });
  const { $schema: _draft, $id: _id, ...rest } = schema;
  return ajv.compile(rest);
}
