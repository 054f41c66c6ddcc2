import type { CellKey, Finding } from '../../protocol/editorSurface.ts';

/** Parts of a cell that show the findings about them. */
export type Slot =
  'head' | 'files' | 'data' | 'prompt' | 'messages' | 'answer' | 'options' | 'output' | 'system' | 'text';

const SLOTS: Readonly<Record<string, Slot>> = {
  files: 'files',
  gitignore: 'files',
  data: 'data',
  key: 'data',
  prompt: 'prompt',
  messages: 'messages',
  responseSchema: 'answer',
  responseSchemaFile: 'answer',
  model: 'options',
  maxTokens: 'options',
  temperature: 'options',
  effort: 'options',
  enableCitations: 'options',
  cache: 'options',
  echo: 'options',
  retry: 'options',
  output: 'output',
  overwrite: 'output',
  system: 'system',
  text: 'text',
};

const NONE: readonly Finding[] = [];

/** Findings by where they are shown. The same list comes back until the findings change. */
export class FindingIndex {
  readonly #bySlot = new Map<string, Finding[]>();
  readonly #byCell = new Map<CellKey | null, Finding[]>();
  readonly hasErrors: boolean;

  constructor(findings: readonly Finding[]) {
    this.hasErrors = findings.some(({ severity }) => severity === 'error');
    for (const finding of findings) {
      const first = finding.path[0];
      const slot = (typeof first === 'string' ? SLOTS[first] : undefined) ?? 'head';
      // The editor of the answer's fields counts from the schema.
      const shown = slot === 'answer' ? { ...finding, path: finding.path.slice(1) } : finding;
      add(this.#bySlot, `${finding.key ?? ''}/${slot}`, shown);
      add(this.#byCell, finding.key, finding);
    }
  }

  at(key: CellKey, slot: Slot): readonly Finding[] {
    return this.#bySlot.get(`${key}/${slot}`) ?? NONE;
  }

  /** @param key `null`: outside the cells. */
  of(key: CellKey | null): readonly Finding[] {
    return this.#byCell.get(key) ?? NONE;
  }
}

function add<K>(to: Map<K, Finding[]>, key: K, finding: Finding): void {
  const list = to.get(key);
  if (list === undefined) to.set(key, [finding]);
  else list.push(finding);
}
