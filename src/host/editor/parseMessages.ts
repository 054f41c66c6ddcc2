import type { CallHandlers, IntentHandlers, Parse } from '../../protocol/channel.ts';
import {
  TEMPLATE_IDS,
  type Edit,
  type EditorSurface,
  type Json,
  type TemplateId,
} from '../../protocol/editorSurface.ts';

type Intents = EditorSurface['intents'];
type Fields = Readonly<Record<string, unknown>>;

/** Messages of the page, checked where they arrive: each throws for what is not of its type. */
export const PARSE_INTENTS: { readonly [K in keyof Intents]: IntentHandlers<EditorSurface>[K]['parse'] } = {
  run: (value) => {
    const { what, rows, key } = fieldsOf(value);
    if (what === 'all' || what === 'again' || what === 'failed') return { what };
    if (what === 'cell') return { what, key: textOf(key) };
    if (what !== 'pilot') throw new TypeError('what is not known');
    return { what, rows: wholeOf(rows), ...(key === undefined ? {} : { key: textOf(key) }) };
  },
  stop: () => null,
  cancelAtProvider: () => null,
  openText: (value) => {
    if (value === null) return null;
    const { line, column } = fieldsOf(value);
    return { line: wholeOf(line), column: wholeOf(column) };
  },
  openInput: (value) => {
    const { key, index } = fieldsOf(value);
    return { key: textOf(key), index: wholeOf(index) };
  },
  openResults: (value) => ({ key: textOf(fieldsOf(value)['key']) }),
  setApiKey: (value) => ({ provider: textOf(fieldsOf(value)['provider']) }),
  manageTrust: () => null,
  visible: (value) => ({ keys: listOf(fieldsOf(value)['keys'], textOf) }),
};

type Calls = CallHandlers<EditorSurface>;

export const PARSE_CALLS: { readonly [K in keyof Calls]: Calls[K]['parse'] } = {
  edit: (value) => {
    const { baseRev, edits } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), edits: listOf(edits, editOf) };
  },
  fix: (value) => {
    const { baseRev, finding, fix } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), finding: textOf(finding), fix: textOf(fix) };
  },
  matches: (value) => {
    const { key, offset, limit } = fieldsOf(value);
    return { key: textOf(key), offset: wholeOf(offset), limit: wholeOf(limit) };
  },
  preview: (value) => {
    const { key, index } = fieldsOf(value);
    return { key: textOf(key), index: wholeOf(index) };
  },
  pickFiles: (value) => {
    const { baseRev, key } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), key: textOf(key) };
  },
  dropFiles: (value) => {
    const { baseRev, key, uris } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), key: textOf(key), uris: textOf(uris) };
  },
  schemaOfExample: (value) => ({ example: textOf(fieldsOf(value)['example']) }),
  copy: (value) => ({ keys: listOf(fieldsOf(value)['keys'], textOf) }),
  paste: (value) => {
    const { baseRev, at } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), at: wholeOf(at) };
  },
  begin: (value) => {
    const { baseRev, template } = fieldsOf(value);
    return { baseRev: wholeOf(baseRev), template: templateOf(template) };
  },
};

const editOf: Parse<Edit> = (value) => {
  const { op, key, path, value: put, at, kind, keys, to } = fieldsOf(value);
  switch (op) {
    case 'set':
      return {
        op,
        key: key === null ? null : textOf(key),
        path: listOf(path, (step) => (typeof step === 'number' ? wholeOf(step) : textOf(step))),
        // What came over a wire is JSON.
        ...(put === undefined ? {} : { value: put as Json }),
      };
    case 'insert':
      if (kind !== 'markdown' && kind !== 'files' && kind !== 'rows' && kind !== 'messages')
        throw new TypeError('kind is not known');
      return { op, at: wholeOf(at), kind };
    case 'remove':
      return { op, keys: listOf(keys, textOf) };
    case 'move':
      return { op, key: textOf(key), to: wholeOf(to) };
    case 'turnInto':
      if (kind !== 'markdown' && kind !== 'files') throw new TypeError('kind is not known');
      return { op, key: textOf(key), kind };
    default:
      throw new TypeError('op is not known');
  }
};

const templateOf: Parse<TemplateId> = (value) => {
  const template = TEMPLATE_IDS.find((id) => id === value);
  if (template === undefined) throw new TypeError('template is not known');
  return template;
};

const fieldsOf: Parse<Fields> = (value) => {
  if (typeof value !== 'object' || value === null) throw new TypeError('an object is expected');
  return value as Fields;
};

const textOf: Parse<string> = (value) => {
  if (typeof value !== 'string') throw new TypeError('a text is expected');
  return value;
};

const wholeOf: Parse<number> = (value) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new TypeError('a whole number is expected');
  return value as number;
};

function listOf<T>(value: unknown, of: Parse<T>): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError('a list is expected');
  return value.map(of);
}
