import DOMPurify from 'dompurify';
import { marked } from 'marked';

const purifier = DOMPurify(window);
purifier.addHook('afterSanitizeAttributes', (node) => {
  // A page follows no link: where it leads stands beside its words, as text.
  const target = node.getAttribute('href');
  if (target === null) return;
  node.removeAttribute('href');
  if (target !== node.textContent) node.append(` (${target})`);
});

/** Markdown that anybody may have written, as nodes without styles, pictures, scripts, controls and links to follow. */
export function markdownView(markdown: string): DocumentFragment {
  return purifier.sanitize(marked.parse(markdown, { async: false }), {
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
