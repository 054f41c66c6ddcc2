import { config } from '@vscode/l10n';

/** Imported first by a page that has labels of its own: from here on `l10n.t` speaks the language of the window. */
config({ contents: document.getElementById('page')?.dataset['texts'] ?? '{}' });
