/** How a job file is laid out, so that what is added looks like what is there. */
export interface Layout {
  /** One step of indentation. */
  readonly unit: string;
  readonly eol: string;
}

/** Columns up to which a value stands on one line. */
const WIDTH = 100;

/** The layout of a text; two spaces and `\n` where it does not tell. */
export function layoutOf(text: string): Layout {
  const unit = /^[{[][^\S\r\n]*\r?\n([ \t]+)\S/.exec(text.trimStart())?.[1] ?? '  ';
  return { unit, eol: /\r\n|\n|\r/.exec(text)?.[0] ?? '\n' };
}

/**
 * A value as JSON: on one line where it fits, else a line for each part.
 *
 * @param indent Indentation of the line that it begins on.
 * @param spread Puts the parts of the value itself on lines of their own in any case.
 */
export function formatJson(value: unknown, indent: string, layout: Layout, spread = false): string {
  const inline = inlineJson(value);
  const parts = partsOf(value);
  if (parts === undefined || parts.length === 0) return inline;
  if (!spread && indent.length + inline.length <= WIDTH) return inline;
  const inner = indent + layout.unit;
  const lines = parts.map(([key, part]) => {
    const name = key === undefined ? '' : `${JSON.stringify(key)}: `;
    return inner + name + formatJson(part, inner, layout);
  });
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}${layout.eol}${lines.join(`,${layout.eol}`)}${layout.eol}${indent}${close}`;
}

function inlineJson(value: unknown): string {
  const parts = partsOf(value);
  if (parts === undefined) return JSON.stringify(value);
  const texts = parts.map(([key, part]) =>
    key === undefined ? inlineJson(part) : `${JSON.stringify(key)}: ${inlineJson(part)}`,
  );
  if (Array.isArray(value)) return `[${texts.join(', ')}]`;
  return texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`;
}

function partsOf(value: unknown): readonly (readonly [string | undefined, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((part: unknown) => [undefined, part] as const);
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
}
