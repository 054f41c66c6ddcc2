import { arrayElements } from '../arrayElements.ts';
import { Refusal, type SeenRequest } from '../exchange.ts';

const MAX_REQUESTS = 100_000;

/** A row of a create call: its id and its bytes. */
export interface SentRow {
  readonly customId: string;
  readonly bytes: Buffer;
}

/**
 * The rows of a create call. Their `params` are not looked at: the service does that when it works on them.
 * @throws Refusal 400 as the service words it.
 */
export function rowsOf(request: SeenRequest): readonly SentRow[] {
  const found = json(() => arrayElements(request.body, 'requests'));
  if (found === undefined || found.elements.length === 0) throw invalid('requests: Field required');
  refuseExtras(found.rest, ['requests'], '');
  if (found.elements.length > MAX_REQUESTS)
    throw invalid('requests: List should have at most 100000 items after validation');
  const rows = found.elements.map((bytes, i) => ({
    bytes,
    customId: customIdOf(bytes, `requests.${String(i)}`),
  }));
  const known = new Set<string>();
  for (const [i, { customId }] of rows.entries()) {
    if (known.has(customId)) throw invalid(`requests.${String(i)}.custom_id: must be unique within a batch`);
    known.add(customId);
  }
  return rows;
}

/** The `limit` of a list. @throws Refusal 400 where it is out of range. */
export function limitOf(query: URLSearchParams, most: number): number {
  const limit = Number(query.get('limit') ?? 20);
  if (!(limit >= 1 && limit <= most))
    throw invalid(`limit: Input should be greater than 0 and at most ${String(most)}`);
  return limit;
}

/** An error as the service words it. */
export function refusal(status: number, type: string, message: string): Refusal {
  return new Refusal(status, { type: 'error', error: { type, message }, request_id: 'req_01fake' });
}

export function invalid(message: string): Refusal {
  return refusal(400, 'invalid_request_error', message);
}

function customIdOf(bytes: Buffer, at: string): string {
  const row = json(() => JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>);
  const id = row['custom_id'];
  if (typeof id !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(id))
    throw invalid(`${at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`);
  if (row['params'] === undefined) throw invalid(`${at}.params: Field required`);
  refuseExtras(row, ['custom_id', 'params'], `${at}.`);
  return id;
}

function refuseExtras(object: Readonly<Record<string, unknown>>, known: readonly string[], at: string): void {
  const extra = Object.keys(object).find((key) => !known.includes(key));
  if (extra !== undefined) throw invalid(`${at}${extra}: Extra inputs are not permitted`);
}

function json<T>(parse: () => T): T {
  try {
    return parse();
  } catch {
    throw invalid('The request body is not valid JSON');
  }
}
