/** The same text for values that differ in nothing but order and spaces. */
export function canonical(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.replaceAll(/\s+/gu, ' ').trim());
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.toSorted().join()}}`;
}

/** The field of an object; `undefined` where there is none, also of what every object has. */
export function own(fields: unknown, name: string): unknown {
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name)
    ? (fields as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
