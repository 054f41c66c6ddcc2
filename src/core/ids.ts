import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Where unpredictable bytes come from; tests inject a seeded one. */
export type RandomBytes = (count: number) => Uint8Array;

/** A ULID in lower case: sorts by time of making, unique without coordination. */
export function sortableId(now: number, random: RandomBytes = randomBytes): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = digit(rest % 32) + time;
  return time + base32(random, 16);
}

/** Eight base32 digits that name a batch at its service and in the journal: 40 bits, checked for repeats within a run. */
export function newNonce(random: RandomBytes = randomBytes): string {
  return base32(random, 8);
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

/** Base32 digits (Crockford, lower case) of so many bytes. */
export function base32(random: RandomBytes, digits: number): string {
  return Array.from(random(digits), (byte) => digit(byte % 32)).join('');
}

function digit(value: number): string {
  return CROCKFORD[value] ?? '0';
}
