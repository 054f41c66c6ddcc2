import type { Browser } from 'playwright-core';
import { CallError, type CallHandlers, type IntentHandlers } from '../../src/protocol/channel.ts';
import type {
  CellInputs,
  CellView,
  DocumentState,
  Edit,
  EditorSurface,
  EditResult,
  Json,
  JsonObject,
  JsonPath,
} from '../../src/protocol/editorSurface.ts';
import { PageBench } from './pageBench.ts';

type CellsDocument = Extract<DocumentState, { kind: 'cells' }>;

/** A cell as a test writes it. */
export type CellSource = JsonObject & { readonly kind: CellView['kind']; readonly id?: string };

/** The page of the job editor on a host that holds the document in memory and notes what it is asked. */
export class EditorBench implements AsyncDisposable {
  readonly asked: { readonly name: string; readonly value: unknown }[] = [];
  #bench: PageBench<EditorSurface> | undefined;
  #next = 1;
  #document: CellsDocument;
  /** Does something before the next edits are looked at. */
  beforeEdit: (() => void) | undefined;

  private constructor(cells: readonly CellSource[]) {
    this.#document = {
      kind: 'cells',
      rev: 1,
      fileName: 'supplier-contracts.batch.json',
      trusted: true,
      job: {
        title: 'Supplier contracts',
        defaults: { model: 'claude-haiku-5-5', maxTokens: 1000 },
        costLimitUsd: 5,
        maxConcurrent: 4,
        standard: {
          ...{ model: 'offline-extractive', maxTokens: 1000, maxConcurrent: 10, pilot: 0 },
          retry: { truncated: 1, invalid: 1, transient: 3, missing: 2 },
        },
      },
      cells: cells.map((source) => this.#view(source)),
    };
  }

  static async open(browser: Browser, cells: readonly CellSource[]): Promise<EditorBench> {
    const host = new EditorBench(cells);
    host.#bench = await PageBench.open<EditorSurface>(browser, 'editor', {
      intents: host.#intents(),
      calls: host.#calls(),
    });
    await host.#bench.useTheme('dark');
    return host;
  }

  get bench(): PageBench<EditorSurface> {
    return this.#bench!;
  }

  get document(): CellsDocument {
    return this.#document;
  }

  key(at: number): string {
    return this.#document.cells[at]!.key;
  }

  /** The ids of the cells, or their kinds, in their order. */
  get order(): readonly string[] {
    return this.#document.cells.map(({ id, kind }) => id ?? kind);
  }

  /** What the page asked under a name. */
  under(name: string): readonly unknown[] {
    return this.asked.filter((one) => one.name === name).map(({ value }) => value);
  }

  /** Changes the document as another editor would, and shows it. */
  change(changes: Partial<CellsDocument>): void {
    this.#document = { ...this.#document, ...changes, rev: this.#document.rev + 1 };
    this.bench.setState('document', this.#document);
  }

  show(): void {
    this.bench.setState('document', this.#document);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }

  #view(source: CellSource, key = `c${String(this.#next++)}`): CellView {
    return {
      key,
      kind: source.kind,
      ...(typeof source['id'] === 'string' ? { id: source['id'] } : {}),
      source,
      line: 10,
      variables: [{ name: 'file.name', example: 'msa-2023.pdf' }],
      model: typeof source['model'] === 'string' ? source['model'] : 'claude-haiku-5-5',
    };
  }

  #intents(): IntentHandlers<EditorSurface> {
    const noted = (name: string): { parse: (value: unknown) => never; handle: (value: unknown) => void } => ({
      parse: (value) => value as never,
      handle: (value) => this.asked.push({ name, value }),
    });
    return {
      run: noted('run'),
      stop: noted('stop'),
      cancelAtProvider: noted('cancelAtProvider'),
      openText: noted('openText'),
      openInput: noted('openInput'),
      openResults: noted('openResults'),
      setApiKey: noted('setApiKey'),
      manageTrust: noted('manageTrust'),
      visible: noted('visible'),
    };
  }

  #calls(): CallHandlers<EditorSurface> {
    const parse = (value: unknown): never => value as never;
    const edited = (
      name: string,
    ): { parse: typeof parse; handle: (args: { baseRev: number }) => EditResult } => ({
      parse,
      handle: (args) => {
        this.asked.push({ name, value: args });
        return this.#edit(args.baseRev, []);
      },
    });
    return {
      edit: {
        parse,
        handle: ({ baseRev, edits }) => {
          this.asked.push({ name: 'edit', value: edits });
          return this.#edit(baseRev, edits);
        },
      },
      fix: edited('fix'),
      pickFiles: edited('pickFiles'),
      dropFiles: edited('dropFiles'),
      begin: edited('begin'),
      matches: { parse, handle: () => ({ total: 0, lines: [] }) },
      preview: {
        parse,
        handle: ({ index }) => ({
          name: `row ${String(index)}`,
          prompt: `Read **${HOSTILE}** for row ${String(index)}. [here](https://evil.example) ![](https://evil.example/a.png)`,
          tokens: '15,040 tokens',
          rows: 3_000,
        }),
      },
      schemaOfExample: { parse, handle: () => ({ schema: {} }) },
      copy: {
        parse,
        handle: (args) => {
          this.asked.push({ name: 'copy', value: args });
          return null;
        },
      },
      paste: {
        parse,
        handle: (args) => {
          this.asked.push({ name: 'paste', value: args });
          return this.#edit(args.baseRev, [{ op: 'insert', at: args.at, kind: 'files' }]);
        },
      },
    };
  }

  #edit(baseRev: number, edits: readonly Edit[]): EditResult {
    this.beforeEdit?.();
    if (baseRev !== this.#document.rev) throw new CallError('stale', 'The document has moved on.');
    let cells = [...this.#document.cells];
    const added: string[] = [];
    for (const edit of edits) {
      switch (edit.op) {
        case 'set':
          cells = cells.map((cell) =>
            cell.key === edit.key
              ? this.#view(setIn(cell.source, edit.path, edit.value) as CellSource, cell.key)
              : cell,
          );
          break;
        case 'insert': {
          const id = `new-${String(this.#next)}`;
          const cell = this.#view(
            edit.kind === 'markdown'
              ? { kind: 'markdown', text: '' }
              : { kind: edit.kind, id, prompt: '', files: [], messages: [{ role: 'user', content: '' }] },
          );
          added.push(cell.key);
          cells.splice(edit.at, 0, cell);
          break;
        }
        case 'remove':
          cells = cells.filter(({ key }) => !edit.keys.includes(key));
          break;
        case 'move': {
          const from = cells.findIndex(({ key }) => key === edit.key);
          cells.splice(edit.to, 0, ...cells.splice(from, 1));
          break;
        }
        case 'turnInto':
          cells = cells.map((cell) =>
            cell.key === edit.key
              ? this.#view({ kind: edit.kind, text: 'turned', id: 'turned' }, cell.key)
              : cell,
          );
      }
    }
    this.change({ cells });
    return { rev: this.#document.rev, added };
  }
}

/** Runs, fetches or styles something where a page takes text for more than text. */
export const HOSTILE =
  '<img src=x onerror="throw 1"><script>throw 2</script><b style="position:fixed">x</b>\u202egnp.exe';

/** Something in every part of a files cell. */
export function readyInputs(
  rows: number,
  changes: Partial<Extract<CellInputs, { state: 'ready' }>> = {},
): CellInputs {
  return {
    state: 'ready',
    rows,
    leftOut: 4,
    count: `${rows.toLocaleString('en')} files`,
    bytes: '1.26 GB',
    tokens: '45.1 M tokens',
    estimate: '$2.74',
    worst: '$3.76',
    first: ['msa-2023.pdf', 'sow-07.pdf'].map((file, index) => ({
      index,
      name: `contracts/adler-logistik/${file}`,
      size: '412 kB',
      tokens: '14,210 tok',
    })),
    firstLeftOut: [
      {
        index: rows,
        name: 'contracts/hafenbau/annex-b-scan.pdf',
        size: '38.2 MB',
        tokens: '',
        reason: '38.2 MB. One request may hold 32 MB.',
      },
    ],
    columns: [],
    table: [],
    outputs: ['msa-2023', 'sow-07', 'frame-2025'].map((stem) => `results/terms/contracts/${stem}.pdf.json`),
    ...changes,
  };
}

function setIn(of: Json | undefined, [first, ...rest]: JsonPath, value: Json | undefined): Json {
  if (first === undefined) return value ?? null;
  if (typeof first === 'number') {
    const list = [...(of as readonly Json[])];
    if (rest.length === 0 && value === undefined) list.splice(first, 1);
    else list[first] = setIn(list[first], rest, value);
    return list;
  }
  const entries = { ...(of as JsonObject) };
  if (rest.length === 0 && value === undefined) {
    const { [first]: _, ...others } = entries;
    return others;
  }
  return { ...entries, [first]: setIn(entries[first], rest, value) };
}
