import path from 'node:path';
import {
  l10n,
  Range,
  Uri,
  window,
  workspace,
  WorkspaceEdit,
  type CancellationToken,
  type TextDocument,
} from 'vscode';
import type { RunReader } from '../../core/stateManager.ts';
import type { FileAnswer, RefusedFile } from '../../workspace/answersForFiles.ts';
import type { RunView } from '../../workspace/runWatch.ts';
import type { Roots } from '../roots.ts';
import { files, number } from '../words.ts';
import { showInformation, showWarning, withNotification } from '../notify.ts';

/** What *Apply Answers to Files…* offers, and what it leaves out. */
interface Offer {
  readonly edit: WorkspaceEdit;
  readonly changed: number;
  readonly unwrapped: number;
  readonly same: number;
  readonly refused: readonly RefusedFile[];
  /** Whether there may be further ones, for another time. */
  readonly isFull: boolean;
}

/**
 * *Apply Answers to Files…*: the answers of a cell in the place of its files, as a refactoring that VS Code shows before it
 * makes it, and can undo. Nothing is written here. A file that is not what was sent, or that is being edited, is named
 * and left as it is.
 */
export async function applyToFiles(roots: Roots, run: RunView): Promise<void> {
  const reader = await roots.at(run.root).read(run.runId);
  const cell = await chooseFileCell(reader);
  if (cell === undefined) return;
  const offer = await withNotification(
    {
      title: l10n.t('Comparing the answers of {0} with its files', run.title),
      cancellable: true,
    },
    (progress, token) =>
      makeOffer(roots, run, reader, cell, (message) => progress.report({ message }), token),
  );
  if (offer === undefined) return;
  tellLeftOut(offer);
  if (offer.changed === 0) return;
  const applied = await workspace.applyEdit(offer.edit, { isRefactoring: true });
  if (!applied) return;
  const told = offer.isFull
    ? l10n.t(
        'The chosen answers of {0} are in their files; Undo takes them back. There are more: apply again for the rest.',
        run.title,
      )
    : l10n.t('The chosen answers of {0} are in their files; Undo takes them back.', run.title);
  void showInformation(told);
}

/** The cell whose answers are meant; the person is told where there is none. */
async function chooseFileCell(reader: RunReader): Promise<string | undefined> {
  const { fileCells } = await import('../../workspace/answersForFiles.ts');
  const cells = fileCells(reader);
  const [only] = cells;
  if (only === undefined) {
    void showInformation(
      l10n.t(
        '{0} has no answers that could take the place of files: that takes a cell of files whose answers are texts.',
        reader.meta.title,
      ),
    );
    return undefined;
  }
  if (cells.length === 1) return only.id;
  const items = cells.map(({ id, prompt, answers }) => ({
    label: id,
    description: l10n.t('{0} answers', number(answers)),
    detail: prompt,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Apply the answers of which cell?') }))?.label;
}

/** `undefined`: broken off. */
async function makeOffer(
  roots: Roots,
  run: RunView,
  reader: RunReader,
  cell: string,
  say: (message: string) => void,
  token: CancellationToken,
): Promise<Offer | undefined> {
  const { answersForFiles, MOST_FILES } = await import('../../workspace/answersForFiles.ts');
  const { changeOf } = await import('../../workspace/fileText.ts');
  const edit = new WorkspaceEdit();
  const refused: RefusedFile[] = [];
  let [looked, changed, unwrapped, same] = [0, 0, 0, 0];
  for await (const offer of answersForFiles(reader, cell, roots.at(run.root).loaderOf(reader))) {
    if (token.isCancellationRequested) return undefined;
    looked += 1;
    if (looked % 50 === 0) say(files(looked));
    if (offer.kind === 'refused') refused.push(offer);
    if (offer.kind === 'same') same += 1;
    if (offer.kind !== 'change') continue;
    const uri = Uri.file(path.join(run.root, offer.source));
    const document = await editable(uri, offer);
    if (typeof document === 'string') {
      refused.push({ source: offer.source, reason: document });
      continue;
    }
    const { start, end, text } = changeOf(offer.before, offer.after);
    const range = new Range(document.positionAt(start), document.positionAt(end));
    const label = l10n.t('Answers of {0}', run.title);
    const description = offer.unwrapped ? l10n.t('taken out of its code block') : offer.source;
    edit.replace(uri, range, text, { needsConfirmation: true, label, description });
    if (offer.unwrapped) unwrapped += 1;
    changed += 1;
    if (changed === MOST_FILES) break;
  }
  return { edit, changed, unwrapped, same, refused, isFull: changed === MOST_FILES };
}

/** The document to be edited; or why its file is left as it is. */
async function editable(uri: Uri, { before, after }: FileAnswer): Promise<TextDocument | string> {
  const isUnsaved =
    workspace.textDocuments.some((one) => one.isDirty && one.uri.fsPath === uri.fsPath) ||
    workspace.notebookDocuments.some((one) => one.isDirty && one.uri.fsPath === uri.fsPath);
  if (isUnsaved) return l10n.t('It is being edited and not saved.');
  try {
    const document = await workspace.openTextDocument(uri);
    // Its encoding or a file association of the person's may make another text of it.
    if (document.getText() !== before) return l10n.t('The editor reads another text in it.');
    if (!document.encoding.startsWith('utf') && /\P{ASCII}/u.test(after))
      return l10n.t('It would be saved as {0}, which may lack characters of the answer.', document.encoding);
    return document;
  } catch {
    return l10n.t('VS Code cannot open it as a text.');
  }
}

/** Says what is not offered, and what was made of the answers; the whole list can be opened. */
function tellLeftOut({ changed, unwrapped, same, refused, isFull }: Offer): void {
  const parts = [
    changed === 0 ? [l10n.t('No file is changed.')] : [],
    refused.length === 0 ? [] : [l10n.t('{0} left out: {1}', files(refused.length), first(refused))],
    same === 0 ? [] : [l10n.t('{0} as answered already.', files(same))],
    unwrapped === 0
      ? []
      : [l10n.t('{0} answered in a Markdown code block, which was taken off.', files(unwrapped))],
    isFull ? [l10n.t('This is as much as is shown at once.')] : [],
  ].flat();
  if (parts.length === 0) return;
  const text = parts.join(' ');
  if (refused.length === 0) {
    void showInformation(text);
    return;
  }
  const showAll = l10n.t('Show All');
  void showWarning(text, showAll).then(async (choice) => {
    if (choice !== showAll) return;
    const content = refused.map(({ source, reason }) => `${source}: ${reason}`).join('\n');
    await window.showTextDocument(await workspace.openTextDocument({ language: 'plaintext', content }));
  });
}

function first(refused: readonly RefusedFile[]): string {
  const named = refused.slice(0, 2).map(({ source, reason }) => `${source} (${reason})`);
  return `${named.join('; ')}${refused.length > 2 ? '; …' : '.'}`;
}
