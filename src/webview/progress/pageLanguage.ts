/**
 * Imported before uPlot, which formats numbers in `navigator.language` while it loads and fails where that is no
 * language tag, as in a browser that takes it from a POSIX locale. The page has the language of the window.
 */
Object.defineProperty(navigator, 'language', { value: document.documentElement.lang || 'en' });
