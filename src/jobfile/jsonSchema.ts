import * as z from 'zod';
import { jobFileSchema } from './schema.ts';

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
