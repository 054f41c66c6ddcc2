import type { CellKey } from '../../protocol/editorSurface.ts';

/** What a page keeps of itself while it is hidden, to come back as it was. */
export interface KeptUi {
  readonly scrollTop: number;
  /** Heights of cells that were on screen, by key. */
  readonly heights: readonly (readonly [CellKey, number])[];
  readonly active: CellKey | undefined;
  /** The field that had the focus; absent: the cell itself. */
  readonly field: string | undefined;
  readonly selection: { readonly anchor: number; readonly head: number } | undefined;
  readonly focused: boolean;
  readonly folded: readonly CellKey[];
  readonly previewed: readonly (readonly [CellKey, number])[];
}

const NOTHING: KeptUi = {
  scrollTop: 0,
  heights: [],
  active: undefined,
  field: undefined,
  selection: undefined,
  focused: false,
  folded: [],
  previewed: [],
};

/** What this page wrote itself, under this version of it or an older one. */
export function readKeptUi(kept: unknown): KeptUi {
  return typeof kept === 'object' && kept !== null ? { ...NOTHING, ...kept } : NOTHING;
}
