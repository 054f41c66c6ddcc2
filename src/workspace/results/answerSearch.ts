import type { StoredResult } from '../../core/stateManager.ts';

/**
 * Whether a text stands in what a row shows: in its answer as it came, in the texts of a structured one, or in its error.
 * @param search In lower case.
 */
export function stands(stored: StoredResult | undefined, search: string): boolean {
  const has = (text: string | undefined): boolean => text?.toLowerCase().includes(search) === true;
  if (has(stored?.response) || has(stored?.error?.message)) return true;
  // JSON without an escape has its texts as they are shown.
  return stored?.response?.includes('\\') !== false && textsOf(stored?.parsedResponse).some(has);
}

/** All names and texts in a value, however deep. */
function textsOf(value: unknown): readonly string[] {
  const texts: string[] = [];
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') texts.push(next);
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) for (const name of Object.keys(next)) texts.push(name);
    for (const inner of Object.values(next)) left.push(inner);
  }
  return texts;
}
