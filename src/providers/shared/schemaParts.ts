import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../core/job.ts';
import { isSchemaObject, UnfitSchema, type Path, type SchemaReferences } from './schemaReferences.ts';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
/** References within references that `allOf` is followed through. */
const MOST_LEVELS = 30;
/** Of two parts, the first one's stands. */
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', '$comment', '$schema', '$id']);

/** The types that a schema names; `undefined` where it names none. */
export function typesOf({ type }: JsonSchema, path: Path): readonly string[] | undefined {
  if (type === undefined) return undefined;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  const isSound = types.length > 0 && types.every((one) => TYPES.includes(one as string));
  if (!isSound) throw new UnfitSchema(`has a type ${JSON.stringify(type)} that is none`, path);
  return types as readonly string[];
}

/** The one type that the keywords of a schema without a type speak of. */
export function inferredType(schema: JsonSchema): readonly string[] | undefined {
  const speaksOf: readonly (readonly [type: string, keys: readonly string[]])[] = [
    ['object', ['properties', 'required', 'additionalProperties', 'patternProperties']],
    ['array', ['items', 'prefixItems', 'minItems', 'maxItems']],
    ['string', ['minLength', 'maxLength', 'pattern', 'format']],
    ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ];
  const found = speaksOf.filter(([, keys]) => keys.some((key) => schema[key] !== undefined));
  return found.length === 1 ? found.map(([type]) => type) : undefined;
}

/** A schema without `allOf`: what its parts say, all in one. @throws UnfitSchema where that cannot be said in one. */
export function flattened(
  schema: JsonSchema,
  path: Path,
  references: SchemaReferences,
  level = 0,
): JsonSchema {
  const { allOf, ...own } = schema;
  if (allOf === undefined) return schema;
  if (!Array.isArray(allOf)) throw new UnfitSchema('has an "allOf" that is no list of schemas', path);
  if (level > MOST_LEVELS) throw new UnfitSchema('has an "allOf" that refers to itself', path);
  const parts = (allOf as readonly unknown[]).filter((part) => part !== true);
  const isAlone = parts.length === 1 && Object.keys(own).every((key) => ANNOTATIONS.has(key));
  return parts.reduce<JsonSchema>((merged, part, i) => {
    const at = [...path, 'allOf', i];
    if (!isSchemaObject(part)) throw new UnfitSchema('has an "allOf" that nothing fits', at);
    // One reference alone stays one: what it leads to may lead back here.
    return merge(
      merged,
      isAlone && part['$ref'] !== undefined ? part : resolved(part, at, references, level),
      at,
    );
  }, own);
}

function resolved(part: JsonSchema, path: Path, references: SchemaReferences, level: number): JsonSchema {
  if (level > MOST_LEVELS) throw new UnfitSchema('has an "allOf" that refers to itself', path);
  if (part['$ref'] === undefined) return flattened(part, path, references, level + 1);
  const { $ref, ...beside } = part;
  const target = references.resolve($ref, path);
  if (!isSchemaObject(target.source)) throw new UnfitSchema('refers to something that is no object', path);
  return merge(beside, resolved(target.source, target.path, references, level + 1), path);
}

function merge(first: JsonSchema, second: JsonSchema, path: Path): JsonSchema {
  assertOpenTo(first, second, path);
  assertOpenTo(second, first, path);
  const result: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const there = first[key];
    if (there === undefined) result[key] = value;
    else if (key === 'properties') result[key] = mergedProperties(there, value, path);
    else if (key === 'required') result[key] = [...new Set([there, value].flat())];
    else if (key === 'type') result[key] = commonTypes(first, second, path);
    else if (
      !ANNOTATIONS.has(key) &&
      key !== '$defs' &&
      key !== 'definitions' &&
      !isDeepStrictEqual(there, value)
    )
      throw new UnfitSchema(
        `has "allOf" whose parts say different things of "${key}": write them as one`,
        path,
      );
  }
  return result;
}

function mergedProperties(first: unknown, second: unknown, path: Path): unknown {
  if (!isSchemaObject(first) || !isSchemaObject(second))
    throw new UnfitSchema('has "properties" that are none', path);
  const twice = Object.keys(second).find(
    (name) => Object.hasOwn(first, name) && !isDeepStrictEqual(first[name], second[name]),
  );
  if (twice !== undefined)
    throw new UnfitSchema(
      `has "allOf" whose parts say different things of "${twice}": write them as one`,
      path,
    );
  return Object.fromEntries([...Object.entries(first), ...Object.entries(second)]);
}

/** Nothing has the properties of two parts of which one forbids the other's. */
function assertOpenTo(closed: JsonSchema, other: JsonSchema, path: Path): void {
  if (closed['additionalProperties'] !== false) return;
  const names = Object.keys((closed['properties'] as object | undefined) ?? {});
  const strange = Object.keys((other['properties'] as object | undefined) ?? {}).find(
    (name) => !names.includes(name),
  );
  if (strange !== undefined)
    throw new UnfitSchema(`has "allOf" of which one part forbids "${strange}" and another has it`, path);
}

function commonTypes(first: JsonSchema, second: JsonSchema, path: Path): unknown {
  const theirs = typesOf(second, path) ?? [];
  const isIn = (type: string, types: readonly string[]): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  const ours = typesOf(first, path) ?? [];
  const common = [...ours.filter((type) => isIn(type, theirs)), ...theirs.filter((type) => isIn(type, ours))];
  if (common.length === 0) throw new UnfitSchema('has "allOf" that nothing fits', path);
  return [...new Set(common)];
}
