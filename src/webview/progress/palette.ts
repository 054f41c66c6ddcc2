/** Where each colour of a canvas comes from: the theme, never us. */
const SOURCES = {
  green: '--vscode-charts-green',
  blue: '--vscode-charts-blue',
  text: '--vscode-charts-foreground',
  lines: '--vscode-charts-lines',
} as const;

/** The theme's colours for a canvas, which cannot take variables; watches for another theme. */
export class Palette {
  readonly #changed: () => void;
  readonly #known = new Map<string, string>();
  readonly #observer = new MutationObserver(() => {
    this.#known.clear();
    this.#changed();
  });

  /** @param changed Called when the theme is another. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  watch(): void {
    // VS Code sets its variables on the root and the kind of theme on the body.
    for (const element of [document.documentElement, document.body])
      this.#observer.observe(element, { attributes: true, attributeFilter: ['style', 'class'] });
  }

  unwatch(): void {
    this.#observer.disconnect();
  }

  of(name: 'green' | 'blue' | 'text' | 'muted' | 'grid'): string {
    if (name === 'muted') return this.faded('text', 0.76);
    return name === 'grid' ? this.faded('lines', 0.28) : this.faded(name, 1);
  }

  /** @param share Of its own opacity, from 0 to 1. */
  faded(name: keyof typeof SOURCES, share: number): string {
    const key = `${name} ${String(share)}`;
    const known = this.#known.get(key) ?? withOpacity(valueOf(SOURCES[name]), share);
    this.#known.set(key, known);
    return known;
  }

  get font(): string {
    return this.fontAt(1);
  }

  /** @param ratio Pixels of the device a pixel of the page. */
  fontAt(ratio: number): string {
    return `${String(11 * ratio)}px ${valueOf('--vscode-font-family') || 'sans-serif'}`;
  }
}

function valueOf(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

function withOpacity(color: string, share: number): string {
  if (share === 1 || color === '') return color;
  return `color-mix(in srgb, ${color} ${String(100 * share)}%, transparent)`;
}
