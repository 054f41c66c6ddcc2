import * as l10n from '@vscode/l10n';
import DOMPurify from 'dompurify';
import { html, nothing, type TemplateResult } from 'lit';
import { Marked } from 'marked';
import type { CitationState } from '../../protocol/resultsSurface.ts';

/** Entries of a list or an object that are shown; the raw answer has them all. */
const MOST_ENTRIES = 200;
const OPEN_DEPTH = 2;

const TAGS = [
  ...['p', 'br', 'hr', 'blockquote', 'ul', 'ol', 'li', 'strong', 'em', 'del', 'code', 'pre'],
  ...['h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
];

/** HTML in an answer is text, a picture its description, and a link its text with its address as text. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ text, href }) => `${escaped(text)} <code>${escaped(href)}</code>`,
    link({ tokens, href }) {
      const text = this.parser.parseInline(tokens);
      return text === escaped(href) ? text : `${text} <code>${escaped(href)}</code>`;
    },
    heading({ tokens, depth }) {
      const level = String(Math.min(6, depth + 2));
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
    },
  },
});

/** The parser takes the square of the length of a line for some texts, such as many underscores. */
const LONG_LINE = /[^\n]{10000}/;

/** An answer as Markdown in which nothing runs, nothing is fetched and nothing leads away. */
export function markdown(text: string): TemplateResult | DocumentFragment {
  if (LONG_LINE.test(text)) return html`<pre>${text}</pre>`;
  try {
    return DOMPurify.sanitize(marked.parse(text, { async: false }), {
      ...{ ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ['start'] },
      ...{ ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true },
    });
  } catch {
    return html`<pre>${text}</pre>`; // a text that the parser cannot bear
  }
}

export interface JsonContext {
  readonly citations: readonly CitationState[];
  readonly openCitation: (index: number) => void;
}

/** JSON as a tree that folds; fields have the numbers of the citations that they rest on. */
export function jsonTree(value: unknown, context: JsonContext, path = '', depth = 0): TemplateResult {
  if (typeof value !== 'object' || value === null)
    return html`<span class=${value === null ? 'muted' : nothing}>${textOf(value)}</span>`;
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  return html`<dl class="kv">
    ${entries.slice(0, MOST_ENTRIES).map(([name, inner]: [string, unknown]) => {
      const at = isList ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
      return entryOf(isList ? String(Number(name) + 1) : name, inner, at, context, depth);
    })}
    ${
      entries.length > MOST_ENTRIES
        ? html`<div>
            <dt>…</dt>
            <dd>${l10n.t('and {0} more', (entries.length - MOST_ENTRIES).toLocaleString())}</dd>
          </div>`
        : nothing
    }
  </dl>`;
}

function entryOf(
  name: string,
  value: unknown,
  path: string,
  context: JsonContext,
  depth: number,
): TemplateResult {
  const holds = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!holds)
    return html`<div>
      <dt>${name}</dt>
      <dd>${jsonTree(value, context, path, depth + 1)} ${referencesOf(path, context)}</dd>
    </div>`;
  const size = Object.keys(value).length.toLocaleString();
  return html`<div class="nested">
    <dt class="vh">${name}</dt>
    <dd>
      <details ?open=${depth < OPEN_DEPTH}>
        <summary><span class="mono">${name}</span> <span class="muted">${size}</span></summary>
        ${jsonTree(value, context, path, depth + 1)}
      </details>
    </dd>
  </div>`;
}

function referencesOf(path: string, { citations, openCitation }: JsonContext): TemplateResult[] {
  return citations.flatMap(({ fields, state, word }, index) =>
    fields.includes(path)
      ? [
          html`<button
            type="button"
            class="ref ${state === 'verified' ? '' : 'bad'}"
            aria-label=${l10n.t('Citation {0}: {1}', index + 1, word)}
            @click=${() => {
              openCitation(index);
            }}
          >
            ${index + 1}
          </button>`,
        ]
      : [],
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return value.toLocaleString(undefined, { maximumFractionDigits: 10 });
  return typeof value === 'boolean' ? (value ? l10n.t('yes') : l10n.t('no')) : JSON.stringify(value);
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
