import { ProviderError, type ProviderErrorCode } from '../../core/errors.ts';
import { MISDIRECTED, PAGE_CODE } from './ownFetch.ts';
import { causesOf, connectionCodesOf, isBadCertificate, ownCodeOf, statusOf } from './wireErrors.ts';

/** Where the call went that was to show whether a key is good. */
export interface AccessContext {
  readonly title: string;
  readonly baseUrl: string;
  readonly origin: string;
}

/** The longest that a service's own words are quoted. */
const MAX_WORDS = 160;
/** The service's name could not be looked up. */
const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);
const NO_WAY = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']);
/** The other end does not speak TLS, or not as we do. */
const NO_TLS = /^(?:EPROTO$|ERR_SSL_)/;
const PROXY_HINT =
  'If there is a proxy in between, tell of it: in a terminal with HTTPS_PROXY and NODE_USE_ENV_PROXY=1, in VS Code with the setting http.proxy.';

/**
 * Why a key could not be shown to be good, in one line that says what is wrong and, where the key is not, what to do. The
 * code tells the kind: `auth` the key is wrong, `providerRefused` it is good for nothing here, `notFound` the service is
 * not at this address; after any other the key was not checked.
 */
export function accessProblem(error: ProviderError, context: AccessContext): ProviderError {
  const [code, message] = problemOf(error, context);
  return new ProviderError(code, error.provider, message, { cause: error.cause });
}

function problemOf(error: ProviderError, context: AccessContext): [ProviderErrorCode, string] {
  const { title, baseUrl, origin } = context;
  const status = statusOf(error.cause);
  const words = wordsOf(error, title);
  const says = words === '' ? '' : ` It says: “${words}”`;
  if (ownCodeOf(error.cause) === PAGE_CODE)
    return [
      'unavailable',
      `What answers at ${origin} is not ${title} but a web page: of a proxy, of the network's sign-in, or the address is wrong. ${PROXY_HINT}`,
    ];
  // An answer that is none of the service's: nothing was thrown for it, or that it is no JSON.
  if (error.cause === undefined || (error.cause as { readonly name?: unknown }).name === 'SyntaxError')
    return ['notFound', `What answers at ${baseUrl} is not ${title}. Check the address.`];
  if (status === undefined) return ['network', connectionProblem(error.cause, context)];
  if (status === MISDIRECTED) return ['notFound', withoutTitle(error, title)];
  if ([404, 405, 501].includes(status))
    return ['notFound', `There is no ${title} at ${baseUrl} (status ${String(status)}). Check the address.`];
  switch (error.code) {
    case 'auth':
      if (status !== 403) return ['auth', `${title} does not accept this key.${says}`];
      return [
        'providerRefused',
        `${title} knows this key, but it may not do this.${says} Give it leave to list models and to use files and batches, or take another.`,
      ];
    case 'providerRefused':
      return ['providerRefused', `The account of this key has no money left at ${title}.${says}`];
    case 'rateLimit':
    case 'queueFull':
      return [
        'rateLimit',
        `${title} takes no more requests of this account at the moment, so the key was not checked.${says} Try again in a minute.`,
      ];
    case 'unavailable':
      return [
        'unavailable',
        `${title} cannot answer at the moment (status ${String(status)}), so the key was not checked.${says} Try again later.`,
      ];
    default:
      return ['providerRefused', `${title} refuses this key (status ${String(status)}).${says}`];
  }
}

function connectionProblem(cause: unknown, { title, origin }: AccessContext): string {
  const codes = connectionCodesOf(cause);
  const { hostname } = new URL(origin);
  const certificate = codes.find(isBadCertificate);
  if (certificate !== undefined)
    return `The certificate of ${origin} is not trusted (${certificate}). Where a company's proxy opens what is sent, name its certificate: NODE_EXTRA_CA_CERTS=FILE, set before this program starts.`;
  if (codes.some((code) => NO_TLS.test(code)))
    return `What answers at ${origin} does not speak https. Check the address. ${PROXY_HINT}`;
  if (codes.some((code) => NO_NAME.has(code)))
    return `The name ${hostname} is not found: there is no network, or the address is wrong. ${PROXY_HINT}`;
  if (codes.includes('ECONNREFUSED'))
    return `Nothing answers at ${origin} (connection refused). Check the address. ${PROXY_HINT}`;
  if (codes.some((code) => NO_WAY.has(code)))
    return `There is no way to ${hostname}: there is no network. ${PROXY_HINT}`;
  const wasLate =
    codes.some((code) => /TIMED?OUT/.test(code)) ||
    causesOf(cause).some((one) => /Timeout|Abort/.test((one as { readonly name?: string }).name ?? ''));
  if (wasLate) return `${title} did not answer at ${origin} in time. Try again. ${PROXY_HINT}`;
  const why = codes[0] === undefined ? '' : ` (${codes.join(', ')})`;
  return `The connection to ${origin} broke${why}. Try again. ${PROXY_HINT}`;
}

/** The service's own words on one line, cut where they are long. */
function wordsOf(error: ProviderError, title: string): string {
  const words = withoutTitle(error, title).replaceAll(/\s+/g, ' ').trim();
  return words.length <= MAX_WORDS ? words : `${words.slice(0, MAX_WORDS)}…`;
}

function withoutTitle({ userMessage }: ProviderError, title: string): string {
  return userMessage.replace(`${title}: `, '');
}
