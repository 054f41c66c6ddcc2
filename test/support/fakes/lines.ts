/** Bytes of a file line by line, without a copy. Empty lines are left out. */
export function* linesIn(content: Buffer): Generator<Buffer, undefined> {
  for (let from = 0; from < content.length;) {
    const end = content.indexOf(0x0a, from);
    const to = end < 0 ? content.length : end;
    if (to > from) yield content.subarray(from, to);
    from = to + 1;
  }
}
