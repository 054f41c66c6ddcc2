import * as z from 'zod';
import { jobFileSchema } from './schema.ts';

/*
 * Two schemas are made of one: the full one for other tools, and one for VS Code, which leaves to the extension what the
 * extension says better.
 */

/**
 * The JSON Schema of job files that ships with the extension: draft 7, the draft that VS Code's JSON support knows best,
 * with VS Code's own keywords for comments and trailing commas.
 */
export function generateJobFileJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(jobFileSchema, { target: 'draft-7', io: 'input' });
  return {
    $schema,
    $id: 'https://batchbook.dev/schemas/batch.schema.json',
    title: 'Batchbook job file',
    allowComments: true,
    allowTrailingCommas: true,
    ...schema,
  };
}

/** Keywords whose violation the extension reports itself, with the nearest key or the limit in the message. */
const REPORTED_BY_US: ReadonlySet<string> = new Set([
  'additionalProperties',
  'required',
  'pattern',
  'minLength',
  'minItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
]);

/**
 * The same for VS Code's editor: completions, hovers and types, without the rules that the extension checks. With them
 * every mistake would show twice, in two wordings.
 */
export function generateEditorSchema(): unknown {
  return withoutRules(generateJobFileJsonSchema());
}

/** Below `properties` a key is a name of the job file, not a keyword. */
function withoutRules(schema: unknown, isNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => withoutRules(one));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => isNames || !REPORTED_BY_US.has(key))
      .map(([key, value]) => [key, withoutRules(value, !isNames && key === 'properties')]),
  );
}
