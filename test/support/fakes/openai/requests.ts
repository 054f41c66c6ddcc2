import { Refusal } from '../exchange.ts';
import type { FakeRow } from '../fakeBatch.ts';
import { linesIn } from '../lines.ts';

/** A line of an input file, as far as a fake looks at it. */
export interface Line {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: Body;
}
export interface Body {
  readonly model: string;
  readonly input: string | readonly { readonly content: string | readonly Part[] }[];
  readonly instructions?: string;
  readonly temperature?: number;
  readonly max_output_tokens?: number;
}
interface Part {
  readonly text?: string;
  readonly file_data?: string;
  readonly image_url?: string;
}

/** What is wrong with a line of an input file, as a failed batch has it. */
export interface LineError {
  readonly code: string;
  readonly line: number | null;
  readonly message: string;
  readonly param: null;
}

export function bodyOf({ bytes }: FakeRow): Body {
  return (JSON.parse(bytes.toString('utf8')) as Line).body;
}

/** Ids and errors of an input file, which is read only after a batch was created with it. */
export function checkLines(
  content: Buffer,
  endpoint: string,
): {
  readonly rows: readonly { readonly customId: string; readonly bytes: Buffer }[];
  readonly models: ReadonlySet<string>;
  readonly errors: readonly LineError[];
} {
  const rows: { customId: string; bytes: Buffer }[] = [];
  const models = new Set<string>();
  const errors: LineError[] = [];
  const ids = new Set<string>();
  let number = 0;
  for (const bytes of linesIn(content)) {
    number += 1;
    const refuse = (code: string, message: string): void =>
      void errors.push({ code, line: number, message, param: null });
    let line: Line;
    try {
      line = JSON.parse(bytes.toString('utf8')) as Line;
    } catch {
      refuse('invalid_json_line', 'This line is not parseable as valid JSON.');
      continue;
    }
    const { custom_id: customId, method, url, body } = line;
    if (ids.has(customId)) refuse('duplicate_custom_id', `Duplicate custom_id: ${customId}`);
    if (method !== 'POST') refuse('invalid_method', 'The method must be POST.');
    if (url !== endpoint) refuse('url_mismatch', `The URL ${url} does not match the endpoint of the batch.`);
    ids.add(customId);
    models.add(body.model);
    rows.push({ customId, bytes });
  }
  const whole = (code: string, message: string): void =>
    void errors.push({ code, line: null, message, param: null });
  if (rows.length === 0 && errors.length === 0) whole('empty_file', 'The file is empty.');
  if (rows.length > 50_000) whole('too_many_tasks', 'A batch may have 50000 requests.');
  if (models.size > 1) whole('model_mismatch', 'All requests of a batch must have the same model.');
  return { rows, models, errors };
}

/** @throws Refusal 400 where metadata are more or longer than the service takes. */
export function checkMetadata(metadata: unknown): void {
  if (metadata == null) return;
  const pairs = Object.entries(metadata as Record<string, unknown>);
  if (pairs.length > 16) throw refusal(400, "Invalid 'metadata': too many properties. Expected at most 16.");
  for (const [key, value] of pairs) {
    if (typeof value !== 'string')
      throw refusal(400, `Invalid type for 'metadata.${key}': expected a string.`, 'invalid_type');
    if (key.length > 64 || value.length > 512)
      throw refusal(400, `Invalid 'metadata.${key}': string too long.`, 'string_above_max_length');
  }
}

/** The `limit` of a list. @throws Refusal 400 where it is out of range. */
export function limitOf(query: URLSearchParams, most: number): number {
  const limit = Number(query.get('limit') ?? 20);
  if (!(limit >= 1 && limit <= most)) throw refusal(400, `Invalid 'limit': at most ${String(most)}.`);
  return limit;
}

/** An error as the service words it. */
export function refusal(status: number, message: string, code: string | null = 'invalid_value'): Refusal {
  const type = status === 429 ? 'requests' : 'invalid_request_error';
  return new Refusal(status, { error: { message, type, param: null, code } });
}
