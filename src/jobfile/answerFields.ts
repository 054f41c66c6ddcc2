import { parseTree, type Node } from 'jsonc-parser';
import type { CheckedAnswer, FoundJson } from '../core/answerCheck.ts';
import { formatJsonPath } from './ranges.ts';

interface Field {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Tells which fields of an answer stand in a part of it. The answer is looked through once, when it is first asked for. */
export function answerFields({ text, offset }: FoundJson): Extract<CheckedAnswer, { ok: true }>['fieldsIn'] {
  let fields: readonly Field[] | undefined;
  return ([from, to]) => {
    fields ??= fieldsOf(text);
    const inside = fields.filter(({ start, end }) => start + offset < to && end + offset > from);
    return inside.map(({ path }) => path);
  };
}

function fieldsOf(json: string): readonly Field[] {
  const root = parseTree(json);
  return root === undefined ? [] : leavesOf(root, []);
}

/** Values that hold no others, in the order in which they stand. */
function leavesOf(node: Node, path: readonly (string | number)[]): Field[] {
  switch (node.type) {
    case 'object':
      return (node.children ?? []).flatMap(({ children: [name, value] = [] }) =>
        value === undefined ? [] : leavesOf(value, [...path, String(name?.value)]),
      );
    case 'array':
      return (node.children ?? []).flatMap((item, i) => leavesOf(item, [...path, i]));
    default:
      return [{ path: formatJsonPath(path), start: node.offset, end: node.offset + node.length }];
  }
}
