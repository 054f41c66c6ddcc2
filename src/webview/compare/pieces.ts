import { html } from 'lit';
import type { Piece, Side } from '../../protocol/compareSurface.ts';

/** A text of which what differs is struck out before, and marked after. */
export function piecesOf(pieces: readonly Piece[], side: Side): unknown {
  return pieces.map(({ text, differs }) => {
    if (!differs) return text;
    return side === 'a' ? html`<del>${text}</del>` : html`<ins>${text}</ins>`;
  });
}

/** A sentence of the host in which `**` stands around what is strong. */
export function withStrong(sentence: string): unknown {
  return sentence.split('**').map((text, i) => (i % 2 === 1 ? html`<b>${text}</b>` : text));
}
