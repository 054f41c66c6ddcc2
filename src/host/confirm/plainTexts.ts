/** What breaks a line, moves a cursor or turns the writing round: a name with it could be read as another one. */
const DECEPTIVE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The same value with every text in it, whoever wrote it, on one line and in the order in which it is stored. */
export function plainTexts<T>(value: T): T;
export function plainTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(DECEPTIVE, '\ufffd');
  if (Array.isArray(value)) return value.map((item: unknown) => plainTexts(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainTexts<unknown>(inner)]));
}

/**
 * A text for a notification. VS Code makes links of `[text](command:…)` there, which run commands (its `parseLinkedText`,
 * seen in VS Code 4.139, November 2026): nothing that is read as a link is left.
 */
export function notificationText(text: string): string {
  return plainTexts(text).replaceAll('](', '] (');
}
