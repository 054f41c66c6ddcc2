/** Globs as they are typed or pasted: one a line, or parted by commas that stand in no braces. */
export function globsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let [part, depth] = ['', 0];
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth = Math.max(0, depth - 1);
    if (/[\r\n]/.test(character) || (character === ',' && depth === 0)) {
      parts.push(part);
      part = '';
      if (character !== ',') depth = 0;
    } else part += character;
  }
  return [...parts, part].map((glob) => glob.trim()).filter((glob) => glob !== '');
}
