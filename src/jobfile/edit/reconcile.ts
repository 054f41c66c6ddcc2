import { isDeepStrictEqual } from 'node:util';
import { parseTree, type Node } from 'jsonc-parser';
import { joinChildren, splitChildren, type Child, type Children } from './children.ts';
import { formatJson, layoutOf, type Layout } from './formatJson.ts';
import { valueOf } from '../syntax.ts';

/** A replacement in a text: offsets in UTF-16 units of the text before any of them. */
export interface TextChange {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/**
 * The changes that make a JSON text with comments say `value`, and nothing else: whatever part of it says the same as
 * before keeps its place, its form and its comments, also when it has moved within its list.
 *
 * @param text Without syntax errors and without duplicate keys.
 * @returns Apart from each other, in rising order.
 */
export function reconcile(text: string, value: unknown): readonly TextChange[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined)
    return [{ offset: 0, length: text.length, text: formatJson(value, '', layoutOf(text)) }];
  const changes: TextChange[] = [];
  new Reconciler(text, changes).visit(root, value);
  return changes.map((change) => trimmed(text, change)).sort((a, b) => a.offset - b.offset);
}

/** The text after the changes. */
export function applyChanges(text: string, changes: readonly TextChange[]): string {
  return changes.reduceRight(
    (so, { offset, length, text: put }) => so.slice(0, offset) + put + so.slice(offset + length),
    text,
  );
}

class Reconciler {
  readonly #text: string;
  readonly #layout: Layout;
  readonly #changes: TextChange[];

  constructor(text: string, changes: TextChange[]) {
    this.#text = text;
    this.#layout = layoutOf(text);
    this.#changes = changes;
  }

  /** Adds what makes `node` say `value`. */
  visit(node: Node, value: unknown): void {
    if (isDeepStrictEqual(valueOf(node), value) && sameOrder(node, value)) return;
    const wanted = wantedChildren(node, value);
    if (wanted === undefined) {
      this.#replace(node.offset, node.length, formatJson(value, this.#indentAt(node.offset), this.#layout));
      return;
    }
    const nodes = node.children ?? [];
    const stay = wanted.length === nodes.length && wanted.every(({ from }, i) => from === i);
    if (stay) {
      for (const [i, { value: part }] of wanted.entries()) {
        const child = nodes[i];
        if (child !== undefined) this.visit(valueNode(child), part);
      }
      return;
    }
    this.#replace(node.offset + 1, node.length - 2, this.#rearranged(node, wanted));
  }

  /** The inside of an object or array whose children come, go or change places. */
  #rearranged(node: Node, wanted: readonly Wanted[]): string {
    const children = splitChildren(this.#text, node);
    const nodes = node.children ?? [];
    const inCells = valueAtTop(node) === 'cells';
    const place = this.#placeFor(node, children, wanted);
    let used = 0;
    const items = wanted.map(({ from, key, value }, i): Child => {
      const old = from === undefined ? undefined : children.items[from];
      const child = from === undefined ? undefined : nodes[from];
      if (old !== undefined && child !== undefined) {
        used += 1;
        // Of what stood on one line, the first has no space before it and the others have one.
        const lead = place.inline && old.lead.trim() === '' ? place.lead(i) : old.lead;
        return { ...old, lead, body: this.#bodyOf(child, value) };
      }
      const text = formatJson(value, place.indent, this.#layout, inCells);
      const body = key === undefined ? text : `${JSON.stringify(key)}: ${text}`;
      return { lead: place.lead(i), body, between: '', trail: '' };
    });
    const emptied = items.length === 0 && children.tail.trim() === '' && used === 0;
    const tail = emptied && children.head === '' ? '' : place.tail;
    return joinChildren(
      { ...children, items, tail, lastComma: children.lastComma && items.length > 0 },
      this.#layout,
    );
  }

  /** A child that stays, with what changes inside it. */
  #bodyOf(child: Node, value: unknown): string {
    const inner: TextChange[] = [];
    new Reconciler(this.#text, inner).visit(valueNode(child), value);
    const body = this.#text.slice(child.offset, child.offset + child.length);
    const own = inner.map((change) => ({ ...change, offset: change.offset - child.offset }));
    return applyChanges(
      body,
      own.sort((a, b) => a.offset - b.offset),
    );
  }

  /** Where new children of `node` go. */
  #placeFor(node: Node, { items, tail, head }: Children, wanted: readonly Wanted[]): Place {
    const { eol, unit } = this.#layout;
    const lines = items
      .map(({ lead }) => /[\r\n]([^\S\r\n]*)$/.exec(lead)?.[1])
      .filter((line) => line !== undefined);
    if (lines[0] !== undefined) {
      const indent = lines[0];
      return { inline: false, indent, lead: () => eol + indent, tail };
    }
    const outer = this.#indentAt(node.offset);
    const isObject = node.type === 'object';
    if (items.length > 0 && head === '') {
      const space = isObject ? ' ' : '';
      return {
        inline: true,
        indent: outer,
        lead: (i) => (i > 0 ? ' ' : items[0]?.lead.trim() === '' ? items[0].lead : space),
        tail,
      };
    }
    const spread = head !== '' || tail.trim() !== '' || wanted.some(({ value }) => typeof value === 'object');
    if (spread) {
      const indent = outer + unit;
      const end = /[\r\n]/.test(tail) ? tail : tail + eol + outer;
      return { inline: false, indent, lead: () => eol + indent, tail: end };
    }
    return {
      inline: true,
      indent: outer,
      lead: (i) => (i > 0 || isObject ? ' ' : ''),
      tail: isObject ? ' ' : '',
    };
  }

  #replace(offset: number, length: number, text: string): void {
    this.#changes.push({ offset, length, text });
  }

  /** Indentation of the line that an offset is on. */
  #indentAt(offset: number): string {
    const before = this.#text.slice(0, offset);
    const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
    return /^[^\S\r\n]*/.exec(this.#text.slice(start))?.[0] ?? '';
  }
}

interface Place {
  /** Whether the children stand on one line. */
  readonly inline: boolean;
  readonly indent: string;
  readonly lead: (index: number) => string;
  readonly tail: string;
}

/** A child that shall be there, and which of those that are there it is. */
interface Wanted {
  readonly key?: string;
  readonly value: unknown;
  readonly from: number | undefined;
}

/** `undefined`: the value is of another type. */
function wantedChildren(node: Node, value: unknown): readonly Wanted[] | undefined {
  if (node.type === 'array' && Array.isArray(value))
    return wantedItems((node.children ?? []).map(valueOf), value);
  if (node.type !== 'object' || typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  const keys = (node.children ?? []).map(keyOf);
  return Object.entries(value).map(([key, part]) => {
    const from = keys.indexOf(key);
    return { key, value: part as unknown, from: from < 0 ? undefined : from };
  });
}

/** An item is the one that says the same, else the one of the same id, else what stands at its place and is left. */
function wantedItems(before: readonly unknown[], after: readonly unknown[]): readonly Wanted[] {
  const from = after.map((): number | undefined => undefined);
  const free = new Set(before.keys());
  const take = (fits: (old: unknown, value: unknown, oldIndex: number, index: number) => boolean): void => {
    for (const [index, value] of after.entries()) {
      if (from[index] !== undefined) continue;
      const found = [...free].find((old) => fits(before[old], value, old, index));
      if (found === undefined) continue;
      from[index] = found;
      free.delete(found);
    }
  };
  take((old, value, oldIndex, index) => oldIndex === index && isDeepStrictEqual(old, value));
  take((old, value) => isDeepStrictEqual(old, value));
  take((old, value) => idOf(old) !== undefined && idOf(old) === idOf(value));
  if (before.length === after.length) {
    take((_old, _value, oldIndex, index) => oldIndex === index);
    take(() => true);
  }
  return after.map((value, index) => ({ value, from: from[index] }));
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
}

/** Equal objects may have their keys in another order, and that is a difference here. */
function sameOrder(node: Node, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const nodes = node.children ?? [];
  if (node.type === 'array')
    return nodes.every((child, i) => sameOrder(child, (value as readonly unknown[])[i]));
  return Object.entries(value).every(([key, part], i) => {
    const child = nodes[i];
    return child !== undefined && keyOf(child) === key && sameOrder(valueNode(child), part);
  });
}

function keyOf(property: Node): string {
  return String(property.children?.[0]?.value);
}

/** The value of a property; an item of an array is its own. */
function valueNode(child: Node): Node {
  return child.type === 'property' ? (child.children?.[1] ?? child) : child;
}

/** The key of the document's own property that a node is the value of. */
function valueAtTop(node: Node): string | undefined {
  const property = node.parent;
  return property?.type === 'property' && property.parent?.parent === undefined ? keyOf(property) : undefined;
}

/** A change without what it leaves as it is at both its ends. */
function trimmed(text: string, { offset, length, text: put }: TextChange): TextChange {
  const old = text.slice(offset, offset + length);
  const most = Math.min(old.length, put.length);
  let start = 0;
  while (start < most && old[start] === put[start]) start++;
  while (start > 0 && (isWithinPair(old, start) || isWithinPair(put, start))) start--;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === put[put.length - 1 - end]) end++;
  while (end > 0 && (isWithinPair(old, old.length - end) || isWithinPair(put, put.length - end))) end--;
  return { offset: offset + start, length: length - start - end, text: put.slice(start, put.length - end) };
}

/** Whether a place is in the middle of what an editor keeps together: a surrogate pair, or `\r\n`. */
function isWithinPair(text: string, index: number): boolean {
  return /^(?:[\ud800-\udbff][\udc00-\udfff]|\r\n)$/.test(text.slice(index - 1, index + 1));
}
