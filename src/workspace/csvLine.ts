import { stringify } from 'csv-stringify/sync';

/** Signs that make a formula, also in full width, behind what a spreadsheet skips or does not show. */
const HIDDEN_FORMULA = /^[\s\p{Cc}\p{Cf}]+[=+\-@＝＋－＠]/u;

/** A line of a table, by RFC 4180; a text that a spreadsheet would take for a formula is marked as one by an apostrophe. */
export function csvLine(values: readonly (string | number)[]): string {
  const safe = values.map((value) =>
    typeof value === 'string' && HIDDEN_FORMULA.test(value) ? `'${value}` : value,
  );
  return stringify([safe], { escape_formulas: true, record_delimiter: '\r\n' });
}
