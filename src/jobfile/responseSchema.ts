import * as fs from 'node:fs/promises';
import { describeCause } from '../core/errors.ts';
import type { JsonSchema } from '../core/job.ts';
import { insideRoot } from './root.ts';
import type { RequestCell } from './schema.ts';

const MAX_BYTES = 1_000_000;

export type ResponseSchema =
  | {
      readonly ok: true;
      readonly schema: JsonSchema | undefined;
      /** Path of its file. */ readonly file?: string;
    }
  | {
      readonly ok: false;
      readonly key: 'responseSchema' | 'responseSchemaFile';
      readonly message: string;
    };

/** Reads the schemas of answers, and checks each against the meta-schema of JSON Schema 2020-12. */
export class ResponseSchemas {
  readonly #root: string;
  readonly #files = new Map<
    string,
    { readonly stamp: string; readonly parsed: Promise<JsonSchema | string> }
  >();
  readonly #inline = new WeakMap<JsonSchema, Promise<string | undefined>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The schema of a cell's answers, as it is now. */
  async of(cell: RequestCell): Promise<ResponseSchema> {
    const { responseSchema, responseSchemaFile } = cell;
    if (responseSchemaFile !== undefined) return this.#fromFile(responseSchemaFile);
    if (responseSchema === undefined) return { ok: true, schema: undefined };
    const checking = this.#inline.get(responseSchema) ?? schemaError(responseSchema);
    this.#inline.set(responseSchema, checking);
    const message = await checking;
    return message === undefined
      ? { ok: true, schema: responseSchema }
      : { ok: false, key: 'responseSchema', message };
  }

  async #fromFile(file: string): Promise<ResponseSchema> {
    const fail = (message: string): ResponseSchema => ({ ok: false, key: 'responseSchemaFile', message });
    const located = await insideRoot(this.#root, file);
    if (!located.ok) return fail(`"${file}" ${located.message}.`);
    const stat = await fs.stat(located.absolute).catch(() => undefined);
    if (stat?.isFile() !== true) return fail(`There is no file "${file}" below the root.`);
    if (stat.size > MAX_BYTES) return fail(`"${file}" is too large for a JSON Schema.`);
    const stamp = `${String(stat.mtimeMs)} ${String(stat.size)}`;
    const known = this.#files.get(located.absolute);
    const parsed = known?.stamp === stamp ? known.parsed : readSchema(located.absolute, file);
    this.#files.set(located.absolute, { stamp, parsed });
    const schema = await parsed;
    return typeof schema === 'string' ? fail(schema) : { ok: true, schema, file: located.path };
  }
}

async function readSchema(absolute: string, file: string): Promise<JsonSchema | string> {
  try {
    const value: unknown = JSON.parse((await fs.readFile(absolute, 'utf8')).replace(/^\uFEFF/, ''));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `"${file}" is no JSON Schema: it must hold an object.`;
    const error = await schemaError(value as JsonSchema);
    return error === undefined ? (value as JsonSchema) : `"${file}": ${error}`;
  } catch (error) {
    return `"${file}" cannot be read as JSON: ${describeCause(error)}`;
  }
}

/** What is wrong with a JSON Schema, or `undefined`. */
async function schemaError(schema: JsonSchema): Promise<string | undefined> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ logger: false });
  // Whatever draft it says it is: the words that services know are the same in all of them.
  const { $schema: _draft, ...rest } = schema;
  if (ajv.validateSchema(rest) === true) return undefined;
  const [first] = ajv.errors ?? [];
  const at = first?.instancePath === '' ? '' : ` at ${first?.instancePath ?? ''}`;
  return `This is not a valid JSON Schema${at}: it ${first?.message ?? 'breaks the meta-schema'}.`;
}
