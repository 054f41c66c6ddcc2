import '../pageTexts.ts';
import type { EditorSurface } from '../../protocol/editorSurface.ts';
import { keepState, keptState, openChannel } from '../pagePort.ts';
import { EditorModel } from './editorModel.ts';
import { JobEditor } from './jobEditor.ts';
import { readKeptUi } from './keptUi.ts';

/** What is kept is written at most this often. */
const KEEP_EVERY_MS = 150;

const page = document.getElementById('page') ?? document.body;
const kept = readKeptUi(keptState());
const editor = new JobEditor();
const model = new EditorModel(
  openChannel<EditorSurface>(),
  kept,
  () => {
    editor.requestUpdate();
  },
  () => {
    editor.flushTyping();
  },
);
editor.model = model;
editor.kept = kept;

let keeping: ReturnType<typeof setTimeout> | undefined;
function keepSoon(): void {
  // Before the cells have come there is nothing to keep but what was kept.
  if (model.cells.length === 0) return;
  keeping ??= setTimeout(() => {
    keeping = undefined;
    keepState(editor.uiToKeep());
  }, KEEP_EVERY_MS);
}
editor.addEventListener('bb-ui', keepSoon);
document.addEventListener('selectionchange', keepSoon);

page.append(editor);
model.listen();
