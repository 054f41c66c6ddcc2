/**
 * A run of text that no sentence crosses. `fact` is a sentence about the file that extraction made itself (which names
 * a source file declares); `item` is a list entry, a table row or a log line.
 */
export interface TextBlock {
  readonly kind: 'heading' | 'prose' | 'item' | 'fact';
  readonly text: string;
}

/** A block with its white space made single spaces; `undefined` where nothing is left. */
export function textBlock(kind: TextBlock['kind'], text: string): TextBlock | undefined {
  const trimmed = text.replace(/\s+/gu, ' ').trim();
  return trimmed === '' ? undefined : { kind, text: trimmed };
}

/** Collects blocks in order, leaving out empty ones. */
export class BlockList {
  readonly blocks: TextBlock[] = [];

  add(kind: TextBlock['kind'], text: string): void {
    const block = textBlock(kind, text);
    if (block !== undefined) this.blocks.push(block);
  }
}

/** `a, b and c`. */
export function enumerate(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
