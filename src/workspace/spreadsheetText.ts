/** Signs that make a formula, also in full width, behind what a spreadsheet skips or does not show. */
const FORMULA = /^(?:[\t\r]|[\s\p{Cc}\p{Cf}\p{DI}]*[=+\-@＝＋－＠])/u;

/** A text that a spreadsheet would run as a formula is marked as a text by an apostrophe. */
export function withoutFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
