import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { jsonIn, withoutOptionalNulls, type AnswerCheck, type Fits } from '../core/answerCheck.ts';
import { describeCause } from '../core/errors.ts';
import type { JsonSchema } from '../core/job.ts';
import { answerFields } from './answerFields.ts';

/** Problems of one answer that are told. */
const TOLD = 5;
const ID = 'answer';

/** Compiled once for all schemas: that takes longer than most of them. */
let metaSchema: Ajv2020 | undefined;

/** A schema that answers are checked by, as a whole and in parts. */
interface Checker {
  readonly schema: JsonSchema;
  readonly validate: ValidateFunction;
  readonly fits: Fits;
}

/**
 * Checks answers with Ajv (JSON Schema 2020-12). Each schema is compiled once; by one that is none no answer is valid,
 * and none is lost.
 */
export function createAnswerCheck(): AnswerCheck {
  const compiled = new WeakMap<JsonSchema, Promise<Checker | string>>();
  return async (schema, answer) => {
    const found = jsonIn(answer);
    if (found === undefined) return { ok: false, message: 'The answer is not JSON.' };
    if (found.inexact !== undefined)
      return {
        ok: false,
        message: `The answer has the number ${found.inexact}, of more digits than a number can keep. Have it answered as a string.`,
      };
    const compiling = compiled.get(schema) ?? compile(schema);
    compiled.set(schema, compiling);
    const checker = await compiling;
    if (typeof checker === 'string') return { ok: false, message: checker };
    // As it came first: a null that the schema allows is an answer.
    const fieldsIn = answerFields(found);
    if (checker.validate(found.value)) return { ok: true, value: found.value, fieldsIn };
    const value = withoutOptionalNulls(found.value, checker.schema, checker.fits);
    if (checker.validate(value)) return { ok: true, value, fieldsIn };
    return { ok: false, message: `${describe(checker.validate.errors ?? [])}.` };
  };
}

function describe(errors: readonly ErrorObject[]): string {
  return errors
    .slice(0, TOLD)
    .map(
      ({ instancePath, message }) =>
        `${instancePath === '' ? 'The answer' : instancePath} ${message ?? 'is wrong'}`,
    )
    .join('; ');
}

/** Why no answer can be checked by a schema, or `undefined` where they can. */
export async function schemaProblem(schema: JsonSchema): Promise<string | undefined> {
  const checker = await compile(schema);
  return typeof checker === 'string' ? checker : undefined;
}

/** The checker of a schema, or what is wrong with it. */
async function compile(given: JsonSchema): Promise<Checker | string> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { $schema: _draft, $id: _id, ...schema } = given;
  const problem = (what: string): string => `The answer cannot be checked, for its schema is none: ${what}.`;
  metaSchema ??= new Ajv2020({ logger: false });
  if (metaSchema.validateSchema(schema) !== true) return problem(describe(metaSchema.errors ?? []));
  // Formats are words for the model, not rules: Ajv knows none of them by itself.
  const ajv = new Ajv2020({
    logger: false,
    strict: false,
    validateFormats: false,
    allErrors: true,
    validateSchema: false,
    meta: false,
  });
  let validate: ValidateFunction;
  try {
    validate = ajv.addSchema(schema, ID).compile({ $ref: ID });
  } catch (error) {
    return problem(describeCause(error));
  }
  const validateAt = (pointer: string): ValidateFunction | undefined =>
    ajv.getSchema(`${ID}#${pointer.split('/').map(encodeURIComponent).join('/')}`);
  const parts = new Map<string, ValidateFunction | undefined>();
  const fits: Fits = (pointer, value) => {
    if (!parts.has(pointer)) parts.set(pointer, validateAt(pointer));
    // What cannot be found says nothing against it.
    return parts.get(pointer)?.(value) !== false;
  };
  return { schema, validate, fits };
}
