import type { JsonSchema } from '../../core/job.ts';
import { isSchemaObject } from './schemaReferences.ts';

/** How large a schema in a service's form is, as services count it. */
export interface SchemaSize {
  /** Objects within objects; 1 for an object without any. */
  readonly depth: number;
  readonly properties: number;
  /** Properties that need not be there. */
  readonly optional: number;
  /** Properties that may be of several types. */
  readonly unions: number;
  readonly enumValues: number;
  /** Of names of properties and definitions, and of values of enums. */
  readonly characters: number;
  /** Characters of the strings of the longest enum of more than 250. */
  readonly longEnumCharacters: number;
}

const MANY_VALUES = 250;

/** Measures a schema; definitions count once, however often they are referred to. */
export function schemaSize(schema: JsonSchema): SchemaSize {
  const size = { properties: 0, optional: 0, unions: 0, enumValues: 0, characters: 0, longEnumCharacters: 0 };
  const definitions = recordIn(schema, '$defs');
  let depth = depthOf(schema);
  for (const [name, definition] of Object.entries(definitions)) {
    size.characters += name.length;
    depth = Math.max(depth, depthOf(definition));
  }
  for (const node of [schema, ...Object.values(definitions)].flatMap(nodesIn)) {
    const properties = Object.entries(recordIn(node, 'properties'));
    const required = Array.isArray(node['required']) ? (node['required'] as readonly unknown[]) : [];
    size.properties += properties.length;
    size.optional += properties.filter(([name]) => !required.includes(name)).length;
    size.unions += properties.filter(([, property]) => isUnion(property)).length;
    size.characters += properties.reduce((sum, [name]) => sum + name.length, 0);
    const values = Array.isArray(node['enum']) ? (node['enum'] as readonly unknown[]) : [];
    const length = values.reduce<number>((sum, value) => sum + String(value).length, 0);
    size.enumValues += values.length;
    size.characters += length;
    if (values.length > MANY_VALUES) size.longEnumCharacters = Math.max(size.longEnumCharacters, length);
  }
  return { depth, ...size };
}

/** A schema and all that stand in it, its definitions not included. */
function nodesIn(schema: unknown): readonly JsonSchema[] {
  return isSchemaObject(schema) ? [schema, ...childrenOf(schema).flatMap(nodesIn)] : [];
}

function childrenOf(schema: JsonSchema): readonly unknown[] {
  const lists = ['anyOf', 'prefixItems'].flatMap((key) => (Array.isArray(schema[key]) ? [schema[key]] : []));
  return [
    ...Object.values(recordIn(schema, 'properties')),
    schema['items'],
    schema['additionalProperties'],
    ...(lists as unknown[][]).flat(),
  ];
}

function depthOf(schema: unknown): number {
  if (!isSchemaObject(schema)) return 0;
  const inside = Math.max(0, ...childrenOf(schema).map(depthOf));
  return schema['properties'] === undefined ? inside : inside + 1;
}

function isUnion(property: unknown): boolean {
  return isSchemaObject(property) && (Array.isArray(property['type']) || property['anyOf'] !== undefined);
}

function recordIn(schema: JsonSchema, key: string): JsonSchema {
  const value = schema[key];
  return isSchemaObject(value) ? value : {};
}
