const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPEN: ReadonlySet<number> = new Set(Buffer.from('[{'));
const CLOSE: ReadonlySet<number> = new Set(Buffer.from(']}'));

/** An array of a JSON object, in its elements. */
export interface ArrayElements {
  readonly elements: readonly Buffer[];
  /** The object with an empty array in its place. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/**
 * Cuts the array under a key of a JSON object into the bytes of its elements, which share the memory of the body: a body
 * of any size is there once, and no text of it is ever made as a whole. `undefined` where there is no such array.
 *
 * @throws SyntaxError where what is not an element is no JSON.
 */
export function arrayElements(body: Buffer, key: string): ArrayElements | undefined {
  const start = arrayStart(body, key);
  if (start === undefined) return undefined;
  const elements: Buffer[] = [];
  let depth = 0;
  let from = start;
  let at = start;
  for (; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (OPEN.has(byte)) depth += 1;
    else if (depth > 0) depth -= CLOSE.has(byte) ? 1 : 0;
    else if (byte === COMMA || CLOSE.has(byte)) {
      const element = body.subarray(from, at);
      if (elements.length > 0 || byte === COMMA || element.toString().trim() !== '') elements.push(element);
      from = at + 1;
      if (byte !== COMMA) break;
    }
  }
  const rest = `${body.toString('utf8', 0, start)}${body.toString('utf8', at)}`;
  return { elements, rest: JSON.parse(rest) as Record<string, unknown> };
}

/** Where the elements of the array under a key of the outermost object begin. */
function arrayStart(body: Buffer, key: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (OPEN.has(byte)) depth += 1;
    else if (CLOSE.has(byte)) depth -= 1;
    else if (byte === QUOTE) {
      const end = endOfString(body, at);
      const isKey = depth === 1 && body.toString('utf8', at + 1, end) === key;
      const colon = isKey ? afterSpace(body, end + 1) : -1;
      const open = body[colon] === COLON ? afterSpace(body, colon + 1) : -1;
      if (body.toString('latin1', open, open + 1) === '[' && open >= 0) return open + 1;
      at = end;
    }
  }
  return undefined;
}

function afterSpace(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && (body[at] ?? 0) <= 0x20) at += 1;
  return at;
}

/** Index of the quote that ends the string that begins at `from`. */
function endOfString(body: Buffer, from: number): number {
  for (let at = body.indexOf(QUOTE, from + 1); at >= 0; at = body.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (body[at - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return body.length;
}
