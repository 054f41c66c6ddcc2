import type { JsonSchema } from '../../core/job.ts';
import { schemaSize, type SchemaSize } from './schemaSize.ts';
import { flattened, inferredType, typesOf } from './schemaParts.ts';
import { isSchemaObject, SchemaReferences, UnfitSchema, type Path } from './schemaReferences.ts';

/** What a service's own form of JSON Schema allows. */
export interface SchemaRules {
  /**
   * Keywords that it takes beside the structural ones, by the values it takes beside a type; any other goes into the
   * description, in words.
   */
  readonly keywords: Readonly<Record<string, (value: unknown, type: unknown) => boolean>>;
  /** The root is an object, and not one of several. */
  readonly objectRoot: boolean;
  /** Every property is required; one that need not be there may be null instead. */
  readonly allRequired: boolean;
  /** A schema may refer to itself. */
  readonly recursion: boolean;
  /** Objects may have properties of any name (`additionalProperties` is a schema). */
  readonly maps: boolean;
  /** Arrays may have a schema for each place (`prefixItems`). */
  readonly tuples: boolean;
  /** The type stands beside `enum`; else it must not. */
  readonly typedEnums: boolean;
  /** Objects and lists may be one of several types (`["object", "null"]`); else they are one of several schemas. */
  readonly mixedTypes: boolean;
  /** What is too large about a schema in this form, as the end of a sentence that begins with it. */
  readonly excess?: (size: SchemaSize) => string | undefined;
}

/** Keywords that say nothing of the answer, or are looked at where the structure is made. */
const DROPPED = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
]);
const STRUCTURE = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'enum',
  'const',
  'description',
  'title',
]);

type Node = Record<string, unknown>;

/**
 * A schema as a service takes it: keywords that it does not know become words of the description, objects take no other
 * properties, and with `allRequired` what is optional may be null. Whatever fits the person's schema fits it too, but for
 * properties that the person's does not name; answers are checked here by the person's own.
 *
 * @throws UnfitSchema where that cannot be said in the service's form.
 */
export function strictSchema(schema: JsonSchema, rules: SchemaRules): JsonSchema {
  return new StrictForm(schema, rules).make();
}

/** Why a service would refuse a schema, in a sentence; `undefined` where it takes it. */
export function schemaIssue(service: string, schema: JsonSchema, rules: SchemaRules): string | undefined {
  try {
    strictSchema(schema, rules);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnfitSchema)) throw error;
    return `${service} does not take this schema: it ${error.message}.`;
  }
}

class StrictForm {
  readonly #rules: SchemaRules;
  readonly #references: SchemaReferences;

  constructor(schema: JsonSchema, rules: SchemaRules) {
    this.#rules = rules;
    this.#references = new SchemaReferences(schema);
  }

  make(): JsonSchema {
    const { source, path } = this.#references.root;
    const root = this.#node(source, path);
    if (this.#rules.objectRoot && root['type'] !== 'object')
      throw new UnfitSchema(
        'is not one of an object, which this service asks for. Put the answer into a property',
        [],
      );
    const definitions: Node = {};
    for (let next = this.#references.take(); next !== undefined; next = this.#references.take())
      definitions[next.name] = this.#node(next.source, next.path);
    if (!this.#rules.recursion) this.#references.assertNoCycle();
    const form = Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions };
    const excess = this.#rules.excess?.(schemaSize(form));
    if (excess !== undefined) throw new UnfitSchema(excess, []);
    return form;
  }

  #node(schema: unknown, path: Path): Node {
    if (schema === false) throw new UnfitSchema('forbids everything somewhere', path);
    if (schema === true || schema === undefined)
      throw new UnfitSchema('allows anything somewhere: say what is meant there', path);
    if (!isSchemaObject(schema)) throw new UnfitSchema('has something that is no schema', path);
    const source = flattened(schema, path, this.#references);
    const words: string[] = [];
    const result = this.#structure(source, path, words);
    for (const [key, value] of Object.entries(source)) {
      if (DROPPED.has(key) || STRUCTURE.has(key) || key === '$ref') continue;
      const isTaken =
        result['$ref'] === undefined && this.#rules.keywords[key]?.(value, result['type']) === true;
      if (isTaken) result[key] = value;
      else words.push(`${key}: ${JSON.stringify(value)}`);
    }
    const whole = described(result, source, words);
    return source['nullable'] === true ? nullable(whole) : whole;
  }

  #structure(source: JsonSchema, path: Path, words: string[]): Node {
    if (source['$ref'] !== undefined) return this.#reference(source, path, words);
    if (source['enum'] !== undefined || source['const'] !== undefined) return this.#values(source, path);
    for (const key of ['anyOf', 'oneOf'])
      if (source[key] !== undefined) {
        const choice = this.#choice(source, key, path);
        if (choice !== undefined) return choice;
        words.push(`${key}: ${JSON.stringify(source[key])}`);
      }
    const types = typesOf(source, path) ?? inferredType(source);
    if (types === undefined) throw new UnfitSchema('allows anything somewhere: say its type', path);
    if (
      !this.#rules.mixedTypes &&
      types.length > 1 &&
      types.some((type) => ['object', 'array'].includes(type))
    )
      return { anyOf: types.map((type) => this.#structure({ ...source, type }, path, words)) };
    const result: Node = { type: types.length === 1 ? types[0] : types };
    if (types.includes('object')) Object.assign(result, this.#object(source, path));
    if (types.includes('array')) Object.assign(result, this.#array(source, path, words));
    return result;
  }

  /** What stands beside a reference cannot be said to any service; words can stand around it. */
  #reference(source: JsonSchema, path: Path, words: string[]): Node {
    for (const key of STRUCTURE)
      if (source[key] !== undefined && key !== 'description' && key !== 'title' && key !== 'type')
        words.push(`${key}: ${JSON.stringify(source[key])}`);
    return { $ref: this.#references.refer(source['$ref'], path) };
  }

  #values(source: JsonSchema, path: Path): Node {
    const values = source['enum'] ?? [source['const']];
    if (!Array.isArray(values) || values.length === 0)
      throw new UnfitSchema('forbids everything somewhere', path);
    if (values.some((value) => typeof value === 'object' && value !== null))
      throw new UnfitSchema('has objects or lists as values of an "enum" or "const"', path);
    if (!this.#rules.typedEnums) return { enum: values };
    const own = typesOf(source, path) ?? [...new Set(values.map(typeOfValue))];
    return { type: own.length === 1 ? own[0] : own, enum: values };
  }

  /**
   * Several schemas of which one or more are to fit. `undefined` where they only narrow down what stands beside them:
   * that is said in words.
   */
  #choice(source: JsonSchema, key: string, path: Path): Node | undefined {
    const given = source[key];
    if (!Array.isArray(given) || given.length === 0)
      throw new UnfitSchema(`has an "${key}" that is no list of schemas`, [...path, key]);
    const branches = (given as readonly unknown[])
      .map((branch, i) => [branch, [...path, key, i]] as const)
      .filter(([branch]) => branch !== false);
    const narrows = branches.every(([branch]) => isSchemaObject(branch) && !hasStructure(branch));
    const hasOwn = hasStructure({ ...source, anyOf: undefined, oneOf: undefined });
    if (narrows && hasOwn) return undefined;
    if (['properties', 'items', 'prefixItems'].some((own) => source[own] !== undefined))
      throw new UnfitSchema(`has "${key}" beside "properties" or "items": write each choice in full`, path);
    return { anyOf: branches.map(([branch, at]) => this.#node(branch, at)) };
  }

  #object(source: JsonSchema, path: Path): Node {
    const { properties = {}, required = [], additionalProperties: others, patternProperties } = source;
    if (!isSchemaObject(properties) || !Array.isArray(required))
      throw new UnfitSchema('has "properties" or "required" that are none', path);
    const isMap = isSchemaObject(others) && Object.keys(others).length > 0;
    if (patternProperties !== undefined || (isMap && !this.#rules.maps))
      throw new UnfitSchema(
        'has properties of any name ("additionalProperties" or "patternProperties"): make it a list of pairs',
        path,
      );
    const names = Object.keys(properties);
    if (names.length === 0 && !isMap && others !== false)
      throw new UnfitSchema('has an object without named properties: name them', path);
    const unnamed = (required as readonly unknown[]).find((name) => !names.includes(name as string));
    if (unnamed !== undefined && !isMap)
      throw new UnfitSchema(`requires ${JSON.stringify(unnamed)}, of which it says nothing`, path);
    const inside = names.map((name): [string, Node] => {
      const property = this.#node(properties[name], [...path, 'properties', name]);
      const isOptional = this.#rules.allRequired && !(required as readonly unknown[]).includes(name);
      return [name, isOptional ? nullable(property) : property];
    });
    const needed = this.#rules.allRequired ? names : (required as readonly unknown[]);
    return {
      ...(isMap && names.length === 0 ? {} : { properties: Object.fromEntries(inside) }),
      ...(needed.length > 0 || this.#rules.allRequired ? { required: needed } : {}),
      additionalProperties: isMap ? this.#node(others, [...path, 'additionalProperties']) : false,
    };
  }

  #array(source: JsonSchema, path: Path, words: string[]): Node {
    const { items, prefixItems } = source;
    if (Array.isArray(items)) throw new UnfitSchema('has "items" as a list: write "prefixItems"', path);
    if (prefixItems === undefined) {
      if (items === undefined || items === true)
        throw new UnfitSchema('says nothing of what is in a list: give it "items"', path);
      return { items: this.#node(items, [...path, 'items']) };
    }
    if (!Array.isArray(prefixItems) || prefixItems.length === 0)
      throw new UnfitSchema('has "prefixItems" that are no list of schemas', path);
    const places = (prefixItems as readonly unknown[]).map((place, i) =>
      this.#node(place, [...path, 'prefixItems', i]),
    );
    const rest = isSchemaObject(items) ? [this.#node(items, [...path, 'items'])] : [];
    if (this.#rules.tuples) return { prefixItems: places, ...(rest.length > 0 ? { items: rest[0] } : {}) };
    words.push(`prefixItems: ${JSON.stringify(prefixItems)}`);
    const all = [...new Map([...places, ...rest].map((one) => [JSON.stringify(one), one])).values()];
    return { items: all.length === 1 ? all[0] : { anyOf: all } };
  }
}

/** Whether a schema says what its values are, and does not only narrow them down. */
function hasStructure(schema: JsonSchema): boolean {
  const keys = [
    'type',
    '$ref',
    'properties',
    'items',
    'prefixItems',
    'enum',
    'const',
    'anyOf',
    'oneOf',
    'allOf',
  ];
  return keys.some((key) => schema[key] !== undefined);
}

/** With what the person wrote, and the words for what the service does not know; no service takes them beside a `$ref`. */
function described(result: Node, { title, description }: JsonSchema, words: readonly string[]): Node {
  const said = typeof description === 'string' && description !== '' ? description : undefined;
  const more = words.length > 0 ? `(${words.join('; ')})` : undefined;
  const all = [said, more].filter((part) => part !== undefined).join(' ');
  const annotations = {
    ...(typeof title === 'string' && title !== '' ? { title } : {}),
    ...(all === '' ? {} : { description: all }),
  };
  if (Object.keys(annotations).length === 0) return result;
  return result['$ref'] === undefined
    ? { ...result, ...annotations }
    : { anyOf: [{ $ref: result['$ref'] }], ...annotations };
}

function typeOfValue(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

function nullable(schema: Node): Node {
  const { type, anyOf } = schema;
  if (schema['enum'] === undefined && type !== undefined) {
    const types = [type].flat();
    return types.includes('null') ? schema : { ...schema, type: [...types, 'null'] };
  }
  if (Array.isArray(anyOf))
    return anyOf.some((branch) => isSchemaObject(branch) && branch['type'] === 'null')
      ? schema
      : { ...schema, anyOf: [...(anyOf as readonly unknown[]), { type: 'null' }] };
  if (Array.isArray(schema['enum']) && schema['enum'].includes(null)) return schema;
  return { anyOf: [schema, { type: 'null' }] };
}
