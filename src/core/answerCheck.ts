import type { JsonSchema } from './job.ts';

/** An answer that was asked to fit a schema. */
export type CheckedAnswer =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Fields whose values stand in this part of the answer, as JSON paths such as `items[0].total`. */
      readonly fieldsIn: (range: readonly [start: number, end: number]) => readonly string[];
    }
  | {
      readonly ok: false;
      /** What is wrong and where, for a person and for the model that is asked again. */
      readonly message: string;
    };

/** Checks answers by the person's own schema, whatever form of it a service was given. */
export type AnswerCheck = (schema: JsonSchema, answer: string) => Promise<CheckedAnswer>;

/** JSON that was found in an answer. */
export interface FoundJson {
  readonly value: unknown;
  readonly text: string;
  /** Where `text` begins in the answer. */
  readonly offset: number;
}

/**
 * The JSON in an answer: all of it, or what stands in its code block, or from its first brace to its last.
 * @returns `undefined` where there is none.
 */
export function jsonIn(answer: string): FoundJson | undefined {
  const block = /```(?:json)?\s*\n([^]*?)\n\s*```/d.exec(answer)?.indices?.[1];
  const braces = [answer.indexOf('{'), answer.lastIndexOf('}') + 1] as const;
  for (const place of [[0, answer.length] as const, block, braces]) {
    if (place === undefined) continue;
    const text = answer.slice(...place);
    if (text.trim() === '') continue;
    try {
      return { value: JSON.parse(text) as unknown, text, offset: place[0] };
    } catch {
      // Perhaps the next one.
    }
  }
  return undefined;
}

/**
 * A value without the nulls that stand for "not there": where a service has every property required, an optional one
 * comes back as null, which the person's own schema may not allow.
 */
export function withoutOptionalNulls(value: unknown, schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return value;
  const { properties, required, items } = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(value)) return value.map((one) => withoutOptionalNulls(one, items));
  if (typeof value !== 'object' || value === null || typeof properties !== 'object' || properties === null)
    return value;
  const known = properties as Readonly<Record<string, unknown>>;
  const needed = new Set(Array.isArray(required) ? (required as readonly unknown[]) : []);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, part]) => part !== null || needed.has(name) || allowsNull(known[name]))
      .map(([name, part]) => [name, withoutOptionalNulls(part, known[name])]),
  );
}

function allowsNull(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, anyOf, oneOf, enum: values } = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(values)) return values.includes(null);
  if (type !== undefined) return type === 'null' || (Array.isArray(type) && type.includes('null'));
  const either = [anyOf, oneOf].find(Array.isArray) as readonly unknown[] | undefined;
  return either === undefined || either.some(allowsNull);
}
