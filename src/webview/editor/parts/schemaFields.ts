import type { Json, JsonObject } from '../../../protocol/editorSurface.ts';

/** Types that a field of an answer may be given. */
export const FIELD_TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Names a field: the names of the properties on the way to it, `[]` for the items of a list. */
export type FieldPath = readonly string[];

/** One field of a schema, in the order in which it is shown. */
export interface SchemaField {
  readonly path: FieldPath;
  readonly name: string;
  /** `undefined`: something that only the text can show, such as `anyOf`. */
  readonly type: FieldType | undefined;
  readonly nullable: boolean;
  readonly required: boolean;
  readonly description: string;
  readonly values: readonly string[];
  /** What the items of a list are. */
  readonly itemType: FieldType | undefined;
}

export const NEW_SCHEMA: JsonObject = {
  type: 'object',
  properties: {},
  required: [],
  additionalProperties: false,
};

/** The fields of a schema, those of an object behind it. */
export function fieldsOf(schema: JsonObject, above: FieldPath = []): readonly SchemaField[] {
  const required = listOf(schema['required']);
  return Object.entries(objectOf(schema['properties'])).flatMap(([name, value]) => {
    const own = objectOf(value);
    const path = [...above, name];
    const items = objectOf(own['items']);
    const field: SchemaField = {
      path,
      name,
      type: typeOf(own),
      nullable: listOf(own['type']).includes('null'),
      required: required.includes(name),
      description: typeof own['description'] === 'string' ? own['description'] : '',
      values: listOf(own['enum']).filter((one) => typeof one === 'string'),
      itemType: typeOf(items),
    };
    return [field, ...fieldsOf(own, path), ...fieldsOf(items, [...path, '[]'])];
  });
}

/** The schema with a field changed; every keyword that is not named stays. */
export function changeField(
  schema: JsonObject,
  path: FieldPath,
  change: (field: JsonObject) => JsonObject,
): JsonObject {
  return inParent(schema, path, (parent, name) => {
    const properties = objectOf(parent['properties']);
    return { ...parent, properties: { ...properties, [name]: change(objectOf(properties[name])) } };
  });
}

/** Adds a field at the end of the object at `path`; `[]` at its end names the items of a list. */
export function addField(schema: JsonObject, path: FieldPath, name: string): JsonObject {
  const add = (parent: JsonObject): JsonObject => ({
    ...parent,
    type: parent['type'] ?? 'object',
    properties: { ...objectOf(parent['properties']), [name]: { type: 'string', description: '' } },
    required: [...listOf(parent['required']), name],
    additionalProperties: parent['additionalProperties'] ?? false,
  });
  return path.length === 0 ? add(schema) : within(schema, path, add);
}

export function removeField(schema: JsonObject, path: FieldPath): JsonObject {
  return inParent(schema, path, (parent, name) => ({
    ...parent,
    properties: without(objectOf(parent['properties']), name),
    ...(parent['required'] === undefined
      ? {}
      : { required: listOf(parent['required']).filter((one) => one !== name) }),
  }));
}

/** Gives a field another name, at its place. A name that another has is not taken. */
export function renameField(schema: JsonObject, path: FieldPath, to: string): JsonObject {
  return inParent(schema, path, (parent, name) => {
    const properties = objectOf(parent['properties']);
    if (to === '' || Object.hasOwn(properties, to)) return parent;
    const renamed = Object.entries(properties).map(
      ([key, value]) => [key === name ? to : key, value] as const,
    );
    return {
      ...parent,
      properties: Object.fromEntries(renamed),
      ...(parent['required'] === undefined
        ? {}
        : { required: listOf(parent['required']).map((one) => (one === name ? to : one)) }),
    };
  });
}

export function setRequired(schema: JsonObject, path: FieldPath, required: boolean): JsonObject {
  return inParent(schema, path, (parent, name) => {
    const others = listOf(parent['required']).filter((one) => one !== name);
    return { ...parent, required: required ? [...others, name] : others };
  });
}

export function setType(schema: JsonObject, path: FieldPath, type: FieldType): JsonObject {
  return changeField(schema, path, (field) => ({
    ...without(
      field,
      ...(type === 'object'
        ? ['items', 'enum']
        : type === 'array'
          ? ['properties', 'required', 'additionalProperties', 'enum']
          : ['items', 'properties', 'required', 'additionalProperties']),
    ),
    type: listOf(field['type']).includes('null') ? [type, 'null'] : type,
    ...(type === 'object' && field['properties'] === undefined
      ? { properties: {}, required: [], additionalProperties: false }
      : {}),
    ...(type === 'array' && field['items'] === undefined ? { items: { type: 'string' } } : {}),
  }));
}

/** @param description Empty: none. */
export function setDescription(schema: JsonObject, path: FieldPath, description: string): JsonObject {
  return changeField(schema, path, (field) =>
    description === '' ? without(field, 'description') : { ...field, description },
  );
}

/** @param values Empty: any. */
export function setValues(schema: JsonObject, path: FieldPath, values: readonly string[]): JsonObject {
  return changeField(schema, path, (field) =>
    values.length === 0 ? without(field, 'enum') : { ...field, enum: [...values] },
  );
}

/** A name that no field of the object has. */
export function freeName(schema: JsonObject, path: FieldPath): string {
  let taken: JsonObject = {};
  within(schema, path, (parent) => {
    taken = objectOf(parent['properties']);
    return parent;
  });
  for (let n = 1; ; n++) {
    const name = n === 1 ? 'field' : `field${String(n)}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}

function inParent(
  schema: JsonObject,
  path: FieldPath,
  change: (parent: JsonObject, name: string) => JsonObject,
): JsonObject {
  const name = path.at(-1) ?? '';
  return within(schema, path.slice(0, -1), (parent) => change(parent, name));
}

function within(schema: JsonObject, path: FieldPath, change: (at: JsonObject) => JsonObject): JsonObject {
  const [step, ...rest] = path;
  if (step === undefined) return change(schema);
  if (step === '[]') return { ...schema, items: within(objectOf(schema['items']), rest, change) };
  const properties = objectOf(schema['properties']);
  return {
    ...schema,
    properties: { ...properties, [step]: within(objectOf(properties[step]), rest, change) },
  };
}

function typeOf(schema: JsonObject): FieldType | undefined {
  const types = listOf(schema['type']).filter((type) => type !== 'null');
  return types.length === 1 ? FIELD_TYPES.find((type) => type === types[0]) : undefined;
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
