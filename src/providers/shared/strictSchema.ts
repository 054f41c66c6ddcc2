import type { JsonSchema } from '../../core/job.ts';

/** What a service's own form of JSON Schema allows. */
export interface SchemaRules {
  /** Keywords that it takes beside the structural ones; any other goes into the description, in words. */
  readonly keywords: ReadonlySet<string>;
  /** Every property is required; one that need not be there may be null instead. */
  readonly allRequired: boolean;
}

/** Where a schema has schemas inside. */
const STRUCTURE = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  '$defs',
  'definitions',
  'enum',
  'const',
  'description',
  'title',
]);
const DROPPED = new Set([
  '$schema',
  '$id',
  '$comment',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Thrown for a schema that has no such form. The message ends a sentence that begins with the schema. */
export class UnfitSchema extends Error {
  override readonly name = 'UnfitSchema';
}

/**
 * A schema as a service takes it: keywords that it does not know become words of the description, objects take no other
 * properties, and with `allRequired` what is optional may be null. Answers are checked here by the person's own schema.
 *
 * @throws UnfitSchema where that cannot be said in the service's form.
 */
export function strictSchema(schema: JsonSchema, rules: SchemaRules): JsonSchema {
  const root = node(schema, rules);
  if (rules.allRequired && root['type'] !== 'object')
    throw new UnfitSchema(
      'is not one of an object, which this service asks for. Put the answer into a property',
    );
  return root;
}

function node(schema: unknown, rules: SchemaRules): Record<string, unknown> {
  if (schema === true || schema === undefined)
    throw new UnfitSchema('allows anything somewhere: say what is meant there');
  if (typeof schema !== 'object' || schema === null) throw new UnfitSchema('forbids everything somewhere');
  const source = schema as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  const words: string[] = [];
  for (const [key, value] of Object.entries(source)) {
    if (DROPPED.has(key)) continue;
    if (STRUCTURE.has(key)) Object.assign(result, structural(key, value, rules));
    else if (rules.keywords.has(key)) result[key] = value;
    else words.push(`${key}: ${JSON.stringify(value)}`);
  }
  if (words.length > 0) {
    const before = typeof result['description'] === 'string' ? `${result['description']} ` : '';
    result['description'] = `${before}(${words.join('; ')})`;
  }
  if (result['type'] === 'object' || result['properties'] !== undefined) closeObject(source, result, rules);
  return result;
}

function structural(key: string, value: unknown, rules: SchemaRules): Record<string, unknown> {
  switch (key) {
    case 'properties':
    case '$defs':
      return { [key]: mapped(value, rules) };
    case 'definitions':
      return { $defs: mapped(value, rules) };
    case '$ref':
      return { $ref: String(value).replace(/^#\/definitions\//, '#/$defs/') };
    case 'items':
      return { items: node(value, rules) };
    case 'prefixItems':
    case 'anyOf':
      return { [key]: (value as readonly unknown[]).map((one) => node(one, rules)) };
    case 'oneOf':
      return { anyOf: (value as readonly unknown[]).map((one) => node(one, rules)) };
    case 'allOf': {
      const all = (value as readonly unknown[]).map((one) => node(one, rules));
      if (all.length > 1) throw new UnfitSchema('has "allOf" with several parts: write them as one object');
      return all[0] ?? {};
    }
    case 'const':
      return { enum: [value] };
    case 'additionalProperties':
      if (value !== false && value !== true)
        throw new UnfitSchema(
          'has properties of any name ("additionalProperties" is a schema): make it an array of pairs',
        );
      return {};
    default:
      return { [key]: value };
  }
}

function mapped(value: unknown, rules: SchemaRules): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, node(one, rules)]));
}

function closeObject(
  source: Readonly<Record<string, unknown>>,
  result: Record<string, unknown>,
  rules: SchemaRules,
): void {
  const properties = (result['properties'] ?? {}) as Record<string, Record<string, unknown>>;
  result['type'] = 'object';
  result['properties'] = properties;
  result['additionalProperties'] = false;
  if (!rules.allRequired) return;
  const required = new Set((source['required'] as readonly string[] | undefined) ?? []);
  for (const [name, property] of Object.entries(properties))
    if (!required.has(name)) properties[name] = nullable(property);
  result['required'] = Object.keys(properties);
}

function nullable(schema: Record<string, unknown>): Record<string, unknown> {
  const { type } = schema;
  if (Array.isArray(schema['enum'])) return { anyOf: [schema, { type: 'null' }] };
  if (typeof type === 'string') return type === 'null' ? schema : { ...schema, type: [type, 'null'] };
  if (Array.isArray(type))
    return type.includes('null') ? schema : { ...schema, type: [...(type as unknown[]), 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}
