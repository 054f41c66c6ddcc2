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
  /** A number of more digits than `value` can hold, as it stands in the answer. */
  readonly inexact?: string;
}

/**
 * The JSON in an answer: all of it, or what stands in its code block, or from its first brace to its last.
 * @returns `undefined` where there is none.
 */
export function jsonIn(answer: string): FoundJson | undefined {
  const block = /```(?:json)?\s*\n([^]*?)\n\s*```/d.exec(answer)?.indices?.[1];
  const braces = [answer.indexOf('{'), answer.lastIndexOf('}') + 1] as const;
  const mark = answer.startsWith('\uFEFF') ? 1 : 0;
  for (const place of [[mark, answer.length] as const, block, braces]) {
    if (place === undefined) continue;
    const text = answer.slice(...place);
    if (text.trim() === '') continue;
    try {
      return { ...parsed(text), text, offset: place[0] };
    } catch {
      // Perhaps the next one.
    }
  }
  return undefined;
}

/** @throws SyntaxError where it is no JSON. */
function parsed(text: string): Pick<FoundJson, 'value' | 'inexact'> {
  let inexact: string | undefined;
  const look = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    // A whole number beyond 2^53, such as a long account number, would be another one without anybody's notice.
    if (
      typeof value === 'number' &&
      source !== undefined &&
      /^-?\d{16,}$/.test(source) &&
      !isExact(value, source)
    )
      inexact ??= source;
    return value;
  };
  const value = JSON.parse(text, look) as unknown;
  return inexact === undefined ? { value } : { value, inexact };
}

function isExact(value: number, source: string): boolean {
  return Number.isFinite(value) && BigInt(value) === BigInt(source);
}

/** Whether a value fits what stands at a JSON pointer in a schema. */
export type Fits = (pointer: string, value: unknown) => boolean;

/**
 * A value without the nulls that stand for "not there": where a service has every property required, an optional one
 * comes back as null, which the person's own schema may not allow. A null that the schema allows is kept.
 *
 * @param fits Asked of parts of `schema`: which of several it is that a value fits, and whether it allows null.
 */
export function withoutOptionalNulls(value: unknown, schema: JsonSchema, fits: Fits): unknown {
  return new NullRemover(schema, fits).cleaned(value, '');
}

class NullRemover {
  readonly #root: JsonSchema;
  readonly #fits: Fits;

  constructor(root: JsonSchema, fits: Fits) {
    this.#root = root;
    this.#fits = fits;
  }

  /** @param pointer Where in the schema the value is spoken of. */
  cleaned(value: unknown, pointer: string): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const schema = this.#at(pointer);
    if (schema === undefined) return value;
    let result: unknown = value;
    for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
      const branches = schema[key];
      if (!Array.isArray(branches)) continue;
      for (let i = 0; i < branches.length; i++) {
        const branch = `${pointer}/${key}/${String(i)}`;
        const candidate = this.cleaned(result, branch);
        if (key === 'allOf') result = candidate;
        else if (this.#fits(branch, candidate)) {
          result = candidate;
          break;
        }
      }
    }
    const target = localPointer(schema['$ref']);
    if (target !== undefined && target !== pointer) result = this.cleaned(result, target);
    return Array.isArray(result)
      ? this.#items(result, schema, pointer)
      : this.#properties(result as object, schema, pointer);
  }

  #items(values: readonly unknown[], { prefixItems }: JsonSchema, pointer: string): unknown[] {
    const places = Array.isArray(prefixItems) ? prefixItems.length : 0;
    return values.map((one, i) =>
      this.cleaned(one, i < places ? `${pointer}/prefixItems/${String(i)}` : `${pointer}/items`),
    );
  }

  #properties(value: object, { properties, required }: JsonSchema, pointer: string): object {
    const known = typeof properties === 'object' && properties !== null ? properties : {};
    const needed = Array.isArray(required) ? (required as readonly unknown[]) : [];
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, part]): [string, unknown][] => {
        if (!Object.hasOwn(known, name))
          return [[name, this.cleaned(part, `${pointer}/additionalProperties`)]];
        const at = `${pointer}/properties/${escaped(name)}`;
        if (part === null && !needed.includes(name) && !this.#fits(at, null)) return [];
        return [[name, this.cleaned(part, at)]];
      }),
    );
  }

  /** The schema at a pointer; `undefined` where there is none, or one that says nothing. */
  #at(pointer: string): JsonSchema | undefined {
    let schema: unknown = this.#root;
    for (const part of pointer.split('/').slice(1)) {
      if (typeof schema !== 'object' || schema === null) return undefined;
      schema = (schema as Readonly<Record<string, unknown>>)[unescaped(part)];
    }
    return typeof schema === 'object' && schema !== null ? (schema as JsonSchema) : undefined;
  }
}

/** The pointer in a reference within the same schema. */
function localPointer(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return reference.slice(1);
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
