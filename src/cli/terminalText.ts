/** What moves the cursor or turns the writing round, but for breaks and tabs. */
const DECEPTIVE = /\r(?!\n)|[[\p{Cc}\u202a-\u202e\u2066-\u2069]--[\n\r\t]]/gv;

/** A text of others as a terminal may show it: it can neither move the cursor nor give the terminal orders. */
export function terminalText(text: string): string {
  return text.replaceAll(DECEPTIVE, '\ufffd');
}
