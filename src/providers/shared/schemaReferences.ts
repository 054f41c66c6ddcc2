import type { JsonSchema } from '../../core/job.ts';

/** Where something stands in a schema. */
export type Path = readonly (string | number)[];

/** A part of a person's schema, and where it stands. */
export interface SchemaPart {
  readonly source: unknown;
  readonly path: Path;
}

/** Thrown for a schema that has no such form. The message ends a sentence that begins with the schema. */
export class UnfitSchema extends Error {
  override readonly name = 'UnfitSchema';

  constructor(what: string, path: Path) {
    super(path.length === 0 ? what : `${what} (at ${path.join('/')})`);
  }
}

export function isSchemaObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Annotations that may stand beside the one reference that a root consists of. */
const BESIDE_ROOT = new Set(['$defs', 'definitions', '$schema', '$id', '$comment', 'title', 'description']);
/** The name of the root among definitions. */
const ROOT = '#';

/** The references of one schema: what they refer to, and under which names that is defined in the service's form. */
export class SchemaReferences {
  /** Where the schema begins: behind a reference if it consists of one. */
  readonly root: SchemaPart;
  readonly #schema: JsonSchema;
  readonly #names = new Map<string, string>();
  readonly #waiting: (SchemaPart & { readonly name: string })[] = [];
  readonly #edges = new Map<string, Set<string>>([[ROOT, new Set()]]);
  #current = ROOT;

  constructor(schema: JsonSchema) {
    this.#schema = schema;
    this.root = this.#rootOf();
    this.#names.set(keyOf(this.root.path), ROOT);
    this.#names.set(keyOf([]), ROOT);
  }

  /**
   * The reference as the service's form has it.
   * @throws UnfitSchema where it leads outside the schema or nowhere.
   */
  refer(reference: unknown, from: Path): string {
    const target = this.resolve(reference, from);
    const key = keyOf(target.path);
    let name = this.#names.get(key);
    if (name === undefined) {
      name = this.#freeName(String(target.path.at(-1)));
      this.#names.set(key, name);
      this.#waiting.push({ ...target, name });
    }
    this.#edges.get(this.#current)?.add(name);
    return name === ROOT ? '#' : `#/$defs/${name}`;
  }

  /** What a reference leads to. @throws UnfitSchema where it leads outside the schema or nowhere. */
  resolve(reference: unknown, from: Path): SchemaPart {
    const nowhere = new UnfitSchema(
      `refers to ${JSON.stringify(reference)}, which is not a place within it`,
      from,
    );
    if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) throw nowhere;
    let source: unknown = this.#schema;
    const path: (string | number)[] = [];
    for (const part of partsOf(reference)) {
      if (typeof source !== 'object' || source === null || !Object.hasOwn(source, part)) throw nowhere;
      source = (source as Readonly<Record<string, unknown>>)[part];
      path.push(part);
    }
    return { source, path };
  }

  /** The next definition that was referred to and is not made yet; what is made from now on is a part of it. */
  take(): (SchemaPart & { readonly name: string }) | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#current = next.name;
      this.#edges.set(next.name, new Set());
    }
    return next;
  }

  /** @throws UnfitSchema where a part of the schema contains itself. */
  assertNoCycle(): void {
    const done = new Set<string>();
    const visit = (name: string, above: readonly string[]): void => {
      if (above.includes(name)) {
        const what = name === ROOT ? 'itself' : `"${name}" within "${name}"`;
        throw new UnfitSchema(
          `refers to ${what}, and this service takes no schema without end: write as many levels as there can be`,
          [],
        );
      }
      if (done.has(name)) return;
      for (const next of this.#edges.get(name) ?? []) visit(next, [...above, name]);
      done.add(name);
    };
    visit(ROOT, []);
  }

  #rootOf(): SchemaPart {
    let part: SchemaPart = { source: this.#schema, path: [] };
    const seen = new Set<string>();
    while (isSchemaObject(part.source) && part.source['$ref'] !== undefined) {
      const isAlone = Object.keys(part.source).every((key) => key === '$ref' || BESIDE_ROOT.has(key));
      if (!isAlone || seen.has(keyOf(part.path))) break;
      seen.add(keyOf(part.path));
      part = this.resolve(part.source['$ref'], part.path);
    }
    if (seen.has(keyOf(part.path))) throw new UnfitSchema('consists of references to themselves', []);
    return part;
  }

  #freeName(wanted: string): string {
    const base = wanted.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 50) || 'part';
    const taken = new Set(this.#names.values());
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${String(i)}`;
    return name;
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

/** The parts of a JSON pointer in a fragment (RFC 6901). */
function partsOf(reference: string): readonly string[] {
  let pointer = reference.slice(1);
  try {
    pointer = decodeURIComponent(pointer);
  } catch {
    // As it is written.
  }
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
