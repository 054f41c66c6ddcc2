import * as z from 'zod';
import { ValidationError } from './errors.ts';
import type { JsonSchema } from './job.ts';

/** What a job may name as the form of its answer: a zod 4 schema, a Standard Schema that can tell its JSON Schema, or a JSON Schema. */
export type ResponseModel = JsonSchema | z.ZodType | StandardSchemaWithJson;

/** The part of the Standard JSON Schema interface (standardschema.dev, 2025) that is used here. */
export interface StandardSchemaWithJson {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly jsonSchema?: { input(options: { target: string }): Record<string, unknown> };
  };
}

/**
 * The JSON Schema of a response model.
 * @throws ValidationError where the schema library cannot express itself as JSON Schema.
 */
export function toJsonSchema(model: ResponseModel): JsonSchema {
  if ('_zod' in model) return z.toJSONSchema(model as z.ZodType, { io: 'output' });
  if ('~standard' in model) {
    const standard = (model as StandardSchemaWithJson)['~standard'];
    if (standard.jsonSchema !== undefined) return standard.jsonSchema.input({ target: 'draft-2020-12' });
    throw new ValidationError(
      'validation',
      `A response model made with ${standard.vendor} cannot tell its JSON Schema. Pass a JSON Schema, or a zod 4 schema.`,
    );
  }
  return model;
}
