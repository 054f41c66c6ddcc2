import { retryAfterIn } from './retryAfter.ts';

/** Status of an answer that stands for a request which was not let out ("Misdirected Request", RFC 9110). */
export const MISDIRECTED = 421;
/** What an SDK waits at the most before it asks again by itself. */
const SHORT_WAIT_MS = 8_000;
/** In the body of an answer that stands for a web page: no service answers with one. */
export const PAGE_CODE = 'batchbook_page';

/**
 * `fetch` that sends to one origin and nowhere else (promise P6). It follows no redirect: on its way to another host
 * Node's own `fetch` takes content and most headers along, Gemini's key among them (seen with Node 24).
 *
 * What it does not let pass comes back as an answer with an error that every SDK can read; anything thrown here an SDK
 * would take for a connection that broke, and try again.
 *
 * @param title What people call the service, for messages.
 * @param origin Where it is.
 */
export function ownFetch(title: string, origin: string): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin)
      return errorAnswer(MISDIRECTED, `It is at ${origin}; nothing was sent to ${url.origin}.`);
    const response = await fetched(input, init);
    if (response === undefined || isRedirect(response)) {
      const target = URL.parse(response?.headers.get('location') ?? '', url.href)?.origin;
      await response?.body?.cancel();
      const where = target === undefined || target === origin ? 'another address' : target;
      return errorAnswer(
        MISDIRECTED,
        `${url.origin} leads on to ${where}. Neither the key nor anything else was sent there. If that is where ${title} is, set it as its address.`,
      );
    }
    if (response.headers.get('content-type')?.startsWith('text/html') === true) {
      await response.body?.cancel();
      return errorAnswer(
        response.ok ? 502 : response.status,
        `a web page came from ${url.origin} instead of an answer (status ${String(response.status)}), perhaps of a proxy in between.`,
        PAGE_CODE,
      );
    }
    return (retryAfterIn(response.headers) ?? 0) > SHORT_WAIT_MS ? leftToUs(response) : response;
  };
}

/**
 * An answer that asks to wait for long. SDKs would ask again at once, or wait inside the call for as long as it takes;
 * who polls waits as it is asked to, and can be stopped meanwhile.
 */
function leftToUs({ body, status, headers }: Response): Response {
  const told = new Headers(headers);
  told.set('x-should-retry', 'false');
  return new Response(body, { status, headers: told });
}

/** `undefined`: it was led on, and a body that is sent once (see `SENT_ONCE`) is not kept to look where to. */
async function fetched(...[input, init]: Parameters<typeof fetch>): Promise<Response | undefined> {
  if (init?.redirect !== 'error') return fetch(input, { ...init, redirect: 'manual' });
  try {
    return await fetch(input, init);
  } catch (error) {
    const cause = error instanceof TypeError ? error.cause : undefined;
    if (cause instanceof Error && cause.message === 'unexpected redirect') return undefined; // Node 24's words
    throw error;
  }
}

function isRedirect({ status, type }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304);
}

function errorAnswer(status: number, message: string, code?: string): Response {
  return new Response(JSON.stringify({ error: { message, code } }), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}
