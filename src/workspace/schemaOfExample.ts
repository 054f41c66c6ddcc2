import { ValidationError } from '../core/errors.ts';
import { parseJsonc } from '../jobfile/syntax.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * A JSON Schema that an example fits, in the form that all services take: each object names all its properties as
 * required and allows no others.
 *
 * @param example An object in JSON; comments and trailing commas are fine.
 * @throws ValidationError `validation` where it cannot be read or is no object, with the place.
 */
export function schemaOfExample(example: string): Schema {
  const parsed = parseJsonc(example);
  if (!parsed.ok) {
    const [first] = parsed.problems;
    const { line = 1, column = 1 } = first?.range ?? {};
    throw new ValidationError(
      'validation',
      `Line ${String(line)}, column ${String(column)}: ${first?.message ?? 'This is not JSON.'}`,
    );
  }
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ValidationError(
      'validation',
      'The example of an answer is an object, as in { "total": 12.5 }.',
    );
  return schemaOf([value]);
}

/** A schema that all of the values fit. */
function schemaOf(values: readonly unknown[]): Schema {
  const types = [...new Set(values.map(typeOf))];
  const type = types.includes('number') ? types.filter((one) => one !== 'integer') : types;
  const objects = values.filter((value) => typeOf(value) === 'object') as readonly Schema[];
  const lists = values.filter(Array.isArray) as readonly (readonly unknown[])[];
  return {
    type: type.length === 1 ? type[0] : type,
    ...(objects.length === 0 ? {} : objectSchema(objects)),
    ...(lists.length === 0 ? {} : { items: itemsOf(lists.flat()) }),
  };
}

/** A property that only some of the objects have may be null in the others. */
function objectSchema(objects: readonly Schema[]): Schema {
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const properties = names.map((name) => {
    const values = objects.map((object) => (Object.hasOwn(object, name) ? object[name] : null));
    return [name, schemaOf(values)] as const;
  });
  return { properties: Object.fromEntries(properties), required: names, additionalProperties: false };
}

/** Of an empty list nobody knows what it holds: texts, mostly. */
function itemsOf(items: readonly unknown[]): Schema {
  return items.length === 0 ? { type: 'string' } : schemaOf(items);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
