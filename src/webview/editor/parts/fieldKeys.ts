import type { JsonObject } from '../../../protocol/editorSurface.ts';
import { fieldsOf, type SchemaField } from './schemaFields.ts';

interface KeyedField extends SchemaField {
  /** Names the field for as long as it is there, also under another name. */
  readonly key: number;
}

/**
 * Tells the fields of a schema from one another while it changes: what is typed at a field stays with it when others come,
 * go or move around it.
 */
export class FieldKeys {
  #known: readonly { readonly name: string; readonly key: number }[] = [];
  #next = 0;

  /** The fields as they are now, each with the key that it had: by its path, else, renamed, by its place. */
  of(schema: JsonObject): readonly KeyedField[] {
    const fields = fieldsOf(schema);
    const names = fields.map(({ path }) => JSON.stringify(path));
    const before = new Map(this.#known.map(({ name, key }) => [name, key]));
    const renamed = (place: number): number | undefined => {
      const there = this.#known.length === fields.length ? this.#known[place] : undefined;
      return there === undefined || names.includes(there.name) ? undefined : there.key;
    };
    const keys = names.map((name, place) => before.get(name) ?? renamed(place) ?? this.#next++);
    this.#known = names.map((name, place) => ({ name, key: keys[place] ?? 0 }));
    return fields.map((field, place) => ({ ...field, key: keys[place] ?? 0 }));
  }
}
