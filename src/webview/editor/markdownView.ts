import DOMPurify from 'dompurify';
import { Marked } from 'marked';

// HTML in Markdown is shown as it is written: a style in it would be reported when it is merely parsed.
const markdown = new Marked({ renderer: { html: ({ text }) => escaped(text) } });

const purifier = DOMPurify(window);
purifier.addHook('afterSanitizeAttributes', (node) => {
  // A page follows no link: where it leads stands beside its words, as text.
  const target = node.getAttribute('href');
  if (target === null) return;
  node.removeAttribute('href');
  if (target !== node.textContent) node.append(` (${target})`);
});

/** Markdown that anybody may have written, as nodes without styles, pictures, scripts, controls and links to follow. */
export function markdownView(text: string): DocumentFragment {
  return purifier.sanitize(markdown.parse(text, { async: false }), {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      'style',
      'img',
      'picture',
      'audio',
      'video',
      'form',
      'button',
      'select',
      'textarea',
      'input',
    ],
    FORBID_ATTR: ['style', 'class', 'id', 'name', 'srcset', 'src', 'target', 'tabindex', 'popover'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
