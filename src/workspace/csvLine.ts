import { stringify } from 'csv-stringify/sync';
import { withoutFormula } from './spreadsheetText.ts';

/** Whatever some reader takes for the end of a record. */
const BREAKS = /[\p{Cc}\u2028\u2029]/u;

/** A line of a table, by RFC 4180, in which no text is a formula. */
export function csvLine(values: readonly (string | number)[]): string {
  const safe = values.map((value) => (typeof value === 'string' ? withoutFormula(value) : value));
  return stringify([safe], { quoted_match: BREAKS, record_delimiter: '\r\n' });
}
