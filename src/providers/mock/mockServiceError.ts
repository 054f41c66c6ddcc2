/** Words for what the pretend service may answer with, beside its HTTP status. */
export type MockErrorCode =
  | 'auth'
  | 'invalidRequest'
  | 'notFound'
  | 'notReady'
  | 'rateLimit'
  | 'queueFull'
  | 'unavailable'
  | 'connectionRefused'
  | 'connectionBroken';

/** HTTP status of each answer; the connection errors have none, since no answer comes. */
export const MOCK_STATUS: Readonly<Record<MockErrorCode, number | undefined>> = {
  auth: 401,
  invalidRequest: 400,
  notFound: 404,
  notReady: 409,
  rateLimit: 429,
  queueFull: 429,
  unavailable: 503,
  connectionRefused: undefined,
  connectionBroken: undefined,
};

/**
 * What a client of the pretend service meets: an error answer, a connection that was refused (nothing arrived), or one
 * that broke (nobody knows what arrived).
 */
export class MockServiceError extends Error {
  override readonly name = 'MockServiceError';
  readonly code: MockErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: MockErrorCode, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether this is one of the words above, as read from an answer. */
export function isMockErrorCode(value: unknown): value is MockErrorCode {
  return typeof value === 'string' && Object.hasOwn(MOCK_STATUS, value);
}
