import { highlightCode } from '@lezer/highlight';
import { parser } from '@lezer/markdown';
import { html, type TemplateResult } from 'lit';
import { markdownClasses, VARIABLE } from './promptStyles.ts';

/** A longer text is for an editor that draws only what is on screen. */
export const LONGEST_AT_REST = 20_000;

/** The lines of a prompt in the colours that its editor gives them, without the editor: it costs a tenth. */
export function textAtRest(text: string): readonly TemplateResult[] {
  const variables = [...text.matchAll(VARIABLE)].map(({ index, 0: { length } }) => [index, index + length]);
  const lines: TemplateResult[] = [];
  let line: unknown[] = [];
  let at = 0;
  const put = (part: string, classes: string): void => {
    if (part !== '') line.push(classes === '' ? part : html`<span class=${classes}>${part}</span>`);
    at += part.length;
  };
  const endLine = (): void => {
    lines.push(html`<div>${line.length === 0 ? html`<br />` : line}</div>`);
    line = [];
  };
  highlightCode(
    text,
    parser.parse(text),
    markdownClasses,
    (part, classes) => {
      const end = at + part.length;
      const offset = (place: number): number => place - (end - part.length);
      for (const [from = 0, to = 0] of variables) {
        if (to <= at || from >= end) continue;
        put(part.slice(offset(at), offset(Math.max(from, at))), classes);
        put(part.slice(offset(at), offset(Math.min(to, end))), `${classes} variable`);
      }
      put(part.slice(offset(at)), classes);
    },
    () => {
      at += 1;
      endLine();
    },
  );
  endLine();
  return lines;
}
