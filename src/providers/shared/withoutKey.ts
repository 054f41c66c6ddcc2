/** What stands where a key was. */
const LEFT_OUT = '[key]';
/** A key as services show it in their messages: its ends, with stars between them. */
const MASKED = /[\w-]*\*{3,}[\w-]*/g;

/**
 * What an SDK has thrown, without the key that a service or a proxy may have put into its answer (promise P6). The kind
 * of an error is told by its `status`, `code` and causes, which stay.
 */
export function withoutKey(error: unknown, key: string): unknown {
  if (!(error instanceof Error)) return error;
  const { status, code, headers, error: body, cause } = error as Error & Partial<Record<string, unknown>>;
  const clean = new Error(redacted(error.message, key), { cause: withoutKey(cause, key) });
  clean.name = error.name;
  return Object.assign(clean, {
    status,
    code,
    headers,
    error: body === undefined ? undefined : (JSON.parse(redacted(JSON.stringify(body), key)) as unknown),
  });
}

function redacted(text: string, key: string): string {
  return (key === '' ? text : text.replaceAll(key, LEFT_OUT)).replace(MASKED, LEFT_OUT);
}
