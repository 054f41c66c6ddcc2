import * as z from 'zod';
import { describeCause, ValidationError } from './errors.ts';
import type { JsonSchema } from './job.ts';

/** What a job may name as the form of its answer: a zod 4 schema, a Standard Schema that can tell its JSON Schema, or a JSON Schema. */
export type ResponseModel = JsonSchema | z.ZodType | StandardSchemaWithJson;

/** The part of the Standard JSON Schema interface (standardschema.dev, 2025) that is used here. */
export interface StandardSchemaWithJson {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly jsonSchema?: { output(options: { target: string }): Record<string, unknown> };
  };
}

/**
 * The JSON Schema of a response model: of what it gives, since an answer is checked by it and then taken as it is.
 * @throws ValidationError where the schema library cannot express itself as JSON Schema.
 */
export function toJsonSchema(model: ResponseModel): JsonSchema {
  if ('_zod' in model) return expressed('zod', () => z.toJSONSchema(model as z.ZodType, { io: 'output' }));
  if (!('~standard' in model)) return model;
  const { vendor, jsonSchema } = (model as StandardSchemaWithJson)['~standard'];
  if (jsonSchema === undefined)
    throw new ValidationError(
      'validation',
      `A response model made with ${vendor} cannot tell its JSON Schema. Pass a JSON Schema, or a zod 4 schema.`,
    );
  return expressed(vendor, () => jsonSchema.output({ target: 'draft-2020-12' }));
}

function expressed(vendor: string, tell: () => JsonSchema): JsonSchema {
  try {
    return tell();
  } catch (error) {
    throw new ValidationError(
      'validation',
      `The response model, made with ${vendor}, cannot be said as JSON Schema: ${describeCause(error)}. Leave out what is only code, such as transforms and dates.`,
      { cause: error },
    );
  }
}
