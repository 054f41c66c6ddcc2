import { ProviderError, describeCause, type ProviderErrorCode } from '../../core/errors.ts';
import { MISDIRECTED } from './ownFetch.ts';
import { retryAfterIn } from './retryAfter.ts';

/**
 * What failed: after a failed `create` the batch may exist, after a failed `upload` it cannot, after a failed `read` the
 * same call may be made again, and after a failed `count` nobody asks again.
 */
export type Attempted = 'create' | 'upload' | 'read' | 'change' | 'count';

/** Causes after which nothing can have arrived (Node's and undici's codes). */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
/** Of a certificate that is not trusted (Node's codes, after OpenSSL's X509_V_ERR_*): no request was sent over it. */
const BAD_CERTIFICATE = /^CERT_|SELF_SIGNED_CERT|^UNABLE_TO_|^ERR_TLS_CERT/;

/** How a service words what it refuses, where the status alone does not tell. */
export interface Wording {
  readonly title: string;
  /** Whether a 429 means that its queue is full and smaller or fewer batches may pass. */
  readonly isQueueFull: (message: string) => boolean;
  /** Whether a 429 or 4xx means that the account's money is used up, which waiting does not mend. */
  readonly isOutOfMoney: (message: string) => boolean;
  /** Whether a 400 means that the key is not good. */
  readonly isBadKey?: (message: string) => boolean;
}

/**
 * What anything that an SDK threw means for us. A create call of which nobody can tell whether it arrived is
 * `ambiguous`: connections that broke, time-outs, 408, 409 and 5xx, and answers that are not the service's.
 */
export function providerErrorOf(
  provider: string,
  wording: Wording,
  error: unknown,
  attempted: Attempted,
): ProviderError {
  const message = messageOf(error);
  const status = statusOf(error);
  const code =
    status === undefined
      ? codeOfConnection(error, attempted)
      : codeOfStatus(status, message, wording, attempted);
  const retryAfterMs = retryAfterOf(error);
  return new ProviderError(code, provider, `${wording.title}: ${message}`, {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** For an answer that is not the service's: a proxy's page, an empty body. After a create the batch may exist. */
export function strangeAnswer(provider: string, title: string, attempted: Attempted): ProviderError {
  const code = attempted === 'create' ? 'ambiguous' : 'unavailable';
  return new ProviderError(
    code,
    provider,
    `${title} answered with something that is not its own, perhaps by a proxy in between.`,
  );
}

function codeOfStatus(
  status: number,
  message: string,
  wording: Wording,
  attempted: Attempted,
): ProviderErrorCode {
  // A service that fails may name anything in its words, but says nothing of what became of the request.
  if (status >= 500 || status === 408 || status === 409)
    return attempted === 'create' ? 'ambiguous' : 'unavailable';
  if (wording.isOutOfMoney(message) || status === 402 || status === MISDIRECTED) return 'providerRefused';
  if (status === 401 || status === 403 || (status === 400 && wording.isBadKey?.(message) === true))
    return 'auth';
  if (status === 404) return 'notFound';
  if (status === 429) return wording.isQueueFull(message) ? 'queueFull' : 'rateLimit';
  // Of a proxy or a gateway that has no such endpoint: it finds no fault with the row that was to be counted.
  if (attempted === 'count' && status !== 400 && status !== 422) return 'unavailable';
  return 'invalidRequest';
}

function codeOfConnection(error: unknown, attempted: Attempted): ProviderErrorCode {
  if (connectionCodesOf(error).some((code) => NOT_CONNECTED.has(code) || isBadCertificate(code)))
    return 'network';
  return attempted === 'create' ? 'ambiguous' : 'network';
}

export function isBadCertificate(code: string): boolean {
  return BAD_CERTIFICATE.test(code);
}

/** Node's and undici's codes of what broke a connection, the outermost first. */
export function connectionCodesOf(error: unknown): readonly string[] {
  return causesOf(error).flatMap((cause) => {
    const { code } = cause as { readonly code?: unknown };
    return typeof code === 'string' ? [code] : [];
  });
}

/** The code in the body of the answer that an SDK threw, wherever the SDK has put it. */
export function ownCodeOf(error: unknown): unknown {
  const { error: body, message } = (error ?? {}) as { readonly error?: unknown; readonly message?: unknown };
  const inner = (one: unknown): unknown => (one as { readonly error?: unknown } | null | undefined)?.error;
  const found = inner(body) ?? body ?? inner(jsonIn(message));
  return (found as { readonly code?: unknown } | null | undefined)?.code;
}

function jsonIn(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined; // words of a person
  }
}

/** The status of the answer that an SDK threw, if it was one. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { readonly status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? status : undefined;
}

/** An error and what caused it, and so on. */
export function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let at = error; typeof at === 'object' && at !== null && causes.length < 6;) {
    causes.push(at);
    at = (at as { readonly cause?: unknown }).cause;
  }
  return causes;
}

/** The service's own words, without the envelope that SDKs put around them. */
function messageOf(error: unknown): string {
  const body = (
    error as {
      readonly error?: { readonly message?: unknown; readonly error?: { readonly message?: unknown } };
    }
  ).error;
  for (const words of [body?.error?.message, body?.message])
    if (typeof words === 'string' && words !== '') return words;
  const text = describeCause(error);
  // @google/genai puts the whole body into the message.
  const inner = /^\{.*"message":\s*"((?:[^"\\]|\\.)*)"/s.exec(text)?.[1];
  if (inner !== undefined) return inner.replaceAll('\\n', ' ').replaceAll('\\"', '"');
  const cause = causesOf(error).at(-1);
  return cause === error || cause === undefined ? text : `${text} (${describeCause(cause)})`;
}

/**
 * What the service asked us to wait: in its headers, or a google.rpc.RetryInfo in the body, which is all that
 * @google/genai leaves of an answer.
 */
function retryAfterOf(error: unknown): number | undefined {
  const { headers } = error as { readonly headers?: unknown };
  if (!(headers instanceof Headers)) {
    const seconds = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(describeCause(error))?.[1];
    return seconds === undefined ? undefined : Number(seconds) * 1000;
  }
  return retryAfterIn(headers);
}
