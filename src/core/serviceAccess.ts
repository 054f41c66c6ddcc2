import { createHash } from 'node:crypto';

/** How a service is reached right now. */
export interface Access {
  /** Without a trailing slash, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Scheme, host and port of `baseUrl`: what a key is bound to (promise P6). */
  readonly origin: string;
  /** Whether that is the vendor's own. Any other is shown before something is sent. */
  readonly isVendor: boolean;
  /** `undefined`: there is none for this origin. */
  readonly apiKey: string | undefined;
  readonly keySource: 'stored' | 'environment' | undefined;
}

/** Tells where services are reached and with which key. Read anew for every run, so that a changed key counts at once. */
export interface ServiceAccess {
  /**
   * @param service Name of a service of the table, such as `anthropic`.
   * @throws ValidationError `usage` where the configured address cannot be used.
   */
  accessTo(service: string): Promise<Access>;
}

/** First 8 hex digits of a key's SHA-256: all of a key that is ever written down (promise P6). */
export function keyFingerprint(apiKey: string): string {
  return createHash('sha256').update(apiKey).digest('hex').slice(0, 8);
}
