/** FNV-1a, 32 bits, finished with murmur's mixer so that near inputs are far apart. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number from 0 up to 1 that depends on the seed and the names alone. */
export function seededShare(seed: number, ...names: readonly (string | number)[]): number {
  return hash32([seed, ...names].join('\n')) / 2 ** 32;
}

/** A copy in an order that depends on the seed and the name alone. */
export function seededShuffle<T>(items: readonly T[], seed: number, name: string): T[] {
  return items
    .map((item, index) => ({ item, rank: seededShare(seed, name, index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
