/** Columns of text in line, numbers to the right. A last column without a title is left ragged. */
export function table(
  header: readonly string[],
  lines: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const widths = header.map((title, i) =>
    Math.max(widthOf(title), ...lines.map((line) => widthOf(line[i] ?? ''))),
  );
  return [header, ...lines]
    .map((line) =>
      line
        .map((text, i) => {
          const space = ' '.repeat((widths[i] ?? 0) - widthOf(text));
          return numeric.includes(i) ? space + text : text + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Cells that a terminal gives a text: two for wide East Asian characters and emoji, none for combining marks. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(/\p{Mn}|\p{Me}|\p{Cf}/gu, '')) {
    const code = character.codePointAt(0) ?? 0;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1f300 && code <= 0x1faff) ||
      code >= 0x20000;
    width += wide ? 2 : 1;
  }
  return width;
}
