import { createHash, randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const RANDOM_DIGITS = 8;
const PLAN_DIGITS = 12;
const NONCE = new RegExp(
  `^[${CROCKFORD}]{${String(RANDOM_DIGITS)}}(?:[${CROCKFORD}]{${String(PLAN_DIGITS)}})?$`,
);

/** Where unpredictable bytes come from; tests inject a seeded one. */
export type RandomBytes = (count: number) => Uint8Array;

/** A ULID in lower case: sorts by time of making, unique without coordination. */
export function sortableId(now: number, random: RandomBytes = randomBytes): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = digit(rest % 32) + time;
  return time + base32(random(16));
}

/** When an id of `sortableId` was made, epoch milliseconds; `undefined` where it is none. */
export function timeOf(id: string): number | undefined {
  const digits = new RegExp(`^([${CROCKFORD}]{10})[${CROCKFORD}]{16}$`).exec(id)?.[1];
  return digits === undefined
    ? undefined
    : Array.from(digits).reduce((time, one) => time * 32 + CROCKFORD.indexOf(one), 0);
}

/**
 * The name of a batch at its service and in the journal: eight random base32 digits (40 bits, checked for repeats within
 * a run), and the twelve of its plan, so that a batch says of itself which plan its ordinals count in.
 *
 * @param plan As `planDigits` has it.
 */
export function newNonce(plan: string, random: RandomBytes = randomBytes): string {
  return base32(random(RANDOM_DIGITS)) + plan;
}

/**
 * Twelve base32 digits (60 bits of SHA-256) for the rows of a plan: their ids, their order and what each is asked. A batch
 * with the same digits holds answers to the same questions under the same ordinals (promise P4).
 */
export function planDigits(
  rows: Iterable<{ readonly planned: { readonly id: string }; readonly inputHash: string }>,
): string {
  const hash = createHash('sha256');
  for (const { planned, inputHash } of rows) hash.update(`${JSON.stringify([planned.id, inputHash])}\n`);
  return base32(hash.digest().subarray(0, PLAN_DIGITS));
}

/** The digits of the plan in a nonce; `undefined` in one of before 0.2, which has none. */
export function planOf(nonce: string): string | undefined {
  return nonce.length === RANDOM_DIGITS + PLAN_DIGITS ? nonce.slice(RANDOM_DIGITS) : undefined;
}

/** Whether a text has the form of a nonce. */
export function isNonce(text: string): boolean {
  return NONCE.test(text);
}

/** The nonce of a custom id that has the form of ours, whoever made it; else `undefined`. */
export function nonceOf(customId: string): string | undefined {
  const [head = ''] = customId.split('-', 1);
  return isNonce(head) && ordinalOf(head, customId) !== undefined ? head : undefined;
}

/** Custom id of a row at the provider: within `[A-Za-z0-9_-]{1,64}` for every service. */
export function customIdOf(nonce: string, ordinal: number): string {
  return `${nonce}-${ordinal.toString(36)}`;
}

/** The row of a custom id that was made for this nonce, else `undefined`. */
export function ordinalOf(nonce: string, customId: string): number | undefined {
  const [head, tail, ...rest] = customId.split('-');
  if (head !== nonce || tail === undefined || rest.length > 0 || !/^[0-9a-z]{1,8}$/.test(tail))
    return undefined;
  const ordinal = parseInt(tail, 36);
  return customIdOf(nonce, ordinal) === customId ? ordinal : undefined;
}

/** Base32 digits (Crockford, lower case), one for each byte. */
export function base32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => digit(byte % 32)).join('');
}

function digit(value: number): string {
  return CROCKFORD[value] ?? '0';
}
