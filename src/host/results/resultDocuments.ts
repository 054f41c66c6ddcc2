import {
  Disposable,
  EventEmitter,
  l10n,
  Uri,
  window,
  workspace,
  type Event,
  type TextDocumentContentProvider,
} from 'vscode';
import { isBatchbookError } from '../../core/errors.ts';
import type { RestOfRun } from '../../workspace/restOfRun.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import type { RunsModel } from '../runs/runsModel.ts';

const SCHEME = 'batchbook-results';
/** What a document of all results holds at most; an editor of more is no pleasure, and *Export…* has everything. */
const CAPS = { maxRows: 1_000, maxCharacters: 2_000_000 };

/** What a document is of: a whole run, what its person agreed to, or a text that is kept here. */
type Subject = RunSubject | { readonly of: 'rest'; readonly text: number };
type RunSubject = {
  readonly root: string;
  readonly runId: string;
} & ({ readonly of: 'run' } | { readonly of: 'agreed' });

/** Read-only documents with the results of runs. One of a whole run grows with it. */
export class ResultDocuments implements TextDocumentContentProvider, Disposable {
  readonly #roots: Roots;
  readonly #model: RunsModel;
  readonly #changed = new EventEmitter<Uri>();
  readonly #subscriptions: Disposable;
  /** Rows that had ended when each open document was made. */
  readonly #completed = new Map<string, number>();
  /** What runs would send that the person was asked about in this window. */
  readonly #rests: string[] = [];

  constructor(roots: Roots, model: RunsModel) {
    this.#roots = roots;
    this.#model = model;
    this.#subscriptions = Disposable.from(
      workspace.registerTextDocumentContentProvider(SCHEME, this),
      workspace.onDidCloseTextDocument(({ uri }) => {
        this.#completed.delete(uri.toString());
      }),
      model.onDidChange(() => {
        this.#grow();
      }),
    );
  }

  get onDidChange(): Event<Uri> {
    return this.#changed.event;
  }

  /** The answers of all rows that have ended, to be read in one go. */
  async openRun(run: RunView): Promise<void> {
    const name = l10n.t('{0} results.md', fileName(run.title));
    await show(name, { root: run.root, runId: run.runId, of: 'run' });
  }

  /** What the person saw and agreed to before anything was sent. */
  async openAgreed(run: RunView): Promise<void> {
    const name = l10n.t('{0} agreed to.txt', fileName(run.title));
    await show(name, { root: run.root, runId: run.runId, of: 'agreed' });
  }

  /** What a run would send, for the person to look at before it may. */
  async openRest({ meta }: RestOfRun, text: string): Promise<void> {
    const name = l10n.t('{0} would send.txt', fileName(meta.title));
    await show(name, { of: 'rest', text: this.#rests.push(text) - 1 });
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const subject = JSON.parse(uri.query) as Subject;
    if (subject.of === 'rest') return this.#rests[subject.text] ?? '';
    const workspaceOf = this.#roots.at(subject.root);
    try {
      const reader = await workspaceOf.read(subject.runId);
      if (subject.of === 'agreed')
        return agreedText(reader.ledger.confirmation?.shown, await workspaceOf.isAgreed(subject.runId));
      this.#completed.set(uri.toString(), this.#model.find(subject.runId)?.status.completed ?? 0);
      const { resultsDocument } = await import('../../workspace/resultsDocument.ts');
      return [...resultsDocument(reader, CAPS)].join('');
    } catch (error) {
      if (!isBatchbookError(error)) throw error;
      return error.userMessage;
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }

  #grow(): void {
    for (const [key, completed] of this.#completed) {
      const uri = Uri.parse(key);
      const { runId } = JSON.parse(uri.query) as RunSubject;
      const now = this.#model.find(runId)?.status.completed;
      if (now !== undefined && now !== completed) this.#changed.fire(uri);
    }
  }
}

async function show(name: string, subject: Subject): Promise<void> {
  const uri = Uri.from({ scheme: SCHEME, path: `/${name}`, query: JSON.stringify(subject) });
  await window.showTextDocument(await workspace.openTextDocument(uri), { preview: false });
}

/** @param here Whether somebody agreed on this machine; else the text is only what the run's folder says. */
function agreedText(shown: string | undefined, here: boolean): string {
  const text = shown ?? l10n.t('What was shown before this run was sent is not on record.');
  if (here) return text;
  const elsewhere = l10n.t(
    'Nobody has agreed to this run on this machine. What its folder says that somebody was shown elsewhere, which may not be what it sends:',
  );
  return `${elsewhere}\n\n${text}`;
}

/** A title as the name of a tab. */
function fileName(title: string): string {
  return title.replaceAll(/[\\/\p{Cc}]/gu, ' ').slice(0, 80);
}
