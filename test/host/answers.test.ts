import assert from 'node:assert/strict';
import {
  commands,
  ConfigurationTarget,
  languages,
  Range,
  Uri,
  workspace,
  WorkspaceEdit,
  type WorkspaceEditEntryMetadata,
} from 'vscode';
import { applyToFiles } from '../../src/host/results/applyAnswers.ts';
import { Findings } from '../../src/host/results/findings.ts';
import type { Roots } from '../../src/host/roots.ts';
import { MockService } from '../../src/providers/mock/mockService.ts';
import { scaledClock, systemClock } from '../../src/core/clock.ts';
import type { RunView } from '../../src/workspace/runWatch.ts';
import type { MockRequest } from '../../src/providers/mock/mockRequest.ts';
import { Folder, type FileContent } from '../support/cli/folder.ts';
import { JOB } from '../support/cli/jobs.ts';
import { Person } from '../support/person.ts';
import { openRoot } from '../support/strangeRun.ts';

interface Scene extends AsyncDisposable {
  readonly folder: Folder;
  readonly roots: Roots;
  readonly run: RunView;
}

/** A run of one cell over `docs/`, with these answers by the names of its files. */
async function sceneOf(
  files: Readonly<Record<string, FileContent>>,
  answers: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Scene> {
  const cell = {
    kind: 'files',
    id: 'fix',
    files: ['docs'],
    prompt: 'Fix {{file.name}}.',
    output: false,
    ...changes,
  };
  const job = {
    version: 1,
    title: 'Fixes',
    defaults: { model: 'mock-small', maxTokens: 100 },
    cells: [cell],
  };
  const folder = await Folder.with({ ...files, [JOB]: job });
  const answerOf = (request: MockRequest): string => {
    const text = JSON.stringify(request);
    const name = Object.keys(answers).find((one) => text.includes(`Fix ${one}.`));
    return answers[name ?? ''] ?? 'none';
  };
  const service = new MockService({ runningMs: 100, answer: answerOf }, scaledClock(systemClock, 0.002));
  const root = openRoot(folder, service);
  const plan = await root.plan(folder.path(JOB), { all: true });
  const status = await (await root.start(plan, 'library')).finished();
  assert.equal(status.counts.ok, status.total, JSON.stringify(status));
  const run = { root: folder.root, runId: plan.meta.runId, title: 'Fixes' } as RunView;
  const roots = { at: () => root } as unknown as Roots;
  return { folder, roots, run, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Edits that were handed to VS Code in the meantime, made without asking where `make`. Gone with `using`. */
class Edits implements Disposable {
  readonly seen: WorkspaceEdit[] = [];
  readonly confirmations: (boolean | undefined)[] = [];
  readonly #applyEdit = workspace.applyEdit.bind(workspace);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on each edit below, and put back
  readonly #replace = WorkspaceEdit.prototype.replace;

  constructor() {
    const { confirmations, seen } = this;
    const replace = this.#replace;
    WorkspaceEdit.prototype.replace = function (
      this: WorkspaceEdit,
      uri: Uri,
      range: Range,
      text: string,
      metadata?: WorkspaceEditEntryMetadata,
    ) {
      confirmations.push(metadata?.needsConfirmation);
      // What the person is asked about is what is made; nobody is here to say yes.
      replace.call(this, uri, range, text);
    };
    const apply = this.#applyEdit;
    Object.assign(workspace, {
      applyEdit: (edit: WorkspaceEdit) => {
        seen.push(edit);
        return apply(edit);
      },
    });
  }

  [Symbol.dispose](): void {
    WorkspaceEdit.prototype.replace = this.#replace;
    Object.assign(workspace, { applyEdit: this.#applyEdit });
  }
}

describe('Apply Answers to Files', () => {
  it('offers the answers as an edit to be confirmed, keeps line ends, refuses by name what changed, and is undone', async () => {
    await using scene = await sceneOf(
      { 'docs/a.md': 'one\r\ntwo\r\n', 'docs/b.md': 'bee\n', 'docs/c.md': 'sea\n' },
      { 'a.md': '```\none\nTWO\n```', 'b.md': 'Bee', 'c.md': 'sea' },
    );
    await scene.folder.write({ 'docs/b.md': 'bee, changed\n' });
    using edits = new Edits();
    using person = new Person(undefined);
    await applyToFiles(scene.roots, scene.run);
    assert.deepEqual(edits.confirmations, [true]);
    const uri = Uri.file(scene.folder.path('docs/a.md'));
    const document = await workspace.openTextDocument(uri);
    assert.equal(document.getText(), 'one\r\nTWO\r\n');
    assert.equal(await scene.folder.read('docs/b.md'), 'bee, changed\n');
    assert.match(person.heard, /1 file left out: docs\/b\.md \(It, or what is sent with it, has changed/);
    assert.match(person.heard, /1 file as answered already/);
    assert.match(person.heard, /code block/);
    await commands.executeCommand('vscode.open', uri);
    await commands.executeCommand('undo');
    assert.equal(document.getText(), 'one\r\ntwo\r\n');
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('keeps the byte order mark, the encoding and the line ends of a file, which is saved as the answer and nothing else', async () => {
    const marked = (text: string): Buffer => Buffer.from(`\ufeff${text}`);
    const wide = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
    await using scene = await sceneOf(
      { 'docs/a.md': marked('one\r\ntwö\r\n'), 'docs/w.md': wide('drei\r\nvier\r\n'), 'docs/n.md': 'five' },
      { 'a.md': 'one\nTWÖ', 'w.md': 'DREI\nvier\n', 'n.md': 'Five\n' },
    );
    using edits = new Edits();
    using person = new Person();
    await applyToFiles(scene.roots, scene.run);
    assert.deepEqual([edits.confirmations.length, person.heard.includes('left out')], [3, false]);
    const bytesOf = async (name: string): Promise<Buffer> =>
      Buffer.from(await workspace.fs.readFile(Uri.file(scene.folder.path(name))));
    assert.deepEqual(await bytesOf('docs/a.md'), marked('one\r\ntwö\r\n'), 'Nothing is saved by us.');
    for (const name of ['a', 'w', 'n']) {
      const document = await workspace.openTextDocument(Uri.file(scene.folder.path(`docs/${name}.md`)));
      assert.ok(await document.save(), name);
    }
    assert.deepEqual(await bytesOf('docs/a.md'), marked('one\r\nTWÖ\r\n'));
    assert.deepEqual(await bytesOf('docs/w.md'), wide('DREI\r\nvier\r\n'));
    assert.deepEqual(await bytesOf('docs/n.md'), Buffer.from('Five'));
  });

  it('leaves alone what is being edited, gone, binary or in an encoding that would be lost', async () => {
    await using scene = await sceneOf(
      { 'docs/a.md': 'one\n', 'docs/b.md': 'two\n', 'docs/w.md': Buffer.from('caf\xe9\n', 'latin1') },
      { 'a.md': 'One', 'b.md': 'Two', 'w.md': 'Cafe' },
    );
    const uri = Uri.file(scene.folder.path('docs/a.md'));
    await commands.executeCommand('vscode.open', uri);
    const typed = new WorkspaceEdit();
    typed.insert(uri, new Range(0, 0, 0, 0).start, 'x');
    await workspace.applyEdit(typed);
    await workspace.fs.delete(Uri.file(scene.folder.path('docs/b.md')));
    using edits = new Edits();
    using person = new Person(undefined);
    await applyToFiles(scene.roots, scene.run);
    assert.deepEqual(edits.seen, []);
    assert.match(person.heard, /3 files left out: docs\/a\.md \(It is being edited and not saved\.\)/);
    assert.match(person.heard, /docs\/b\.md \(The file does not exist any more\.\)/);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});

describe('Apply Answers to Files… in an encoding of few characters', () => {
  const encoding = (value: string | undefined): Thenable<void> =>
    workspace.getConfiguration('files').update('encoding', value, ConfigurationTarget.Global);
  before(() => encoding('windows1252'));
  after(() => encoding(undefined));

  it('leaves alone what would be saved without characters of its answer', async () => {
    await using scene = await sceneOf(
      { 'docs/a.md': 'one\n', 'docs/b.md': 'two\n' },
      { 'a.md': '1 → 2', 'b.md': 'Two' },
    );
    using edits = new Edits();
    using person = new Person(undefined);
    await applyToFiles(scene.roots, scene.run);
    assert.deepEqual(edits.confirmations, [true]);
    assert.match(person.heard, /1 file left out: docs\/a\.md \(It would be saved as windows1252,/);
    await commands.executeCommand('vscode.open', Uri.file(scene.folder.path('docs/b.md')));
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});

const ISSUES = {
  type: 'object',
  required: ['issues'],
  properties: {
    issues: {
      type: 'array',
      items: {
        type: 'object',
        required: ['line', 'severity', 'message'],
        properties: {
          file: { type: 'string' },
          line: { type: 'integer' },
          severity: { type: 'string' },
          message: { type: 'string' },
        },
      },
    },
  },
};

describe('Show Findings in Problems', () => {
  it('shows them where they are, inside the root only, and clears them', async () => {
    const issues = [
      { line: 2, severity: 'high', message: '[x](command:evil) **two**' },
      { line: 99, severity: 'low', message: 'beyond the end' },
      { file: '../out.md', line: 1, severity: 'error', message: 'outside' },
    ];
    await using scene = await sceneOf(
      { 'docs/a.md': 'one\n  two\n', '../out.md': 'x' },
      { 'a.md': JSON.stringify({ issues }) },
      { responseSchema: ISSUES },
    );
    const findings = new Findings(scene.roots);
    using person = new Person();
    await findings.show(scene.run);
    const uri = Uri.file(scene.folder.path('docs/a.md'));
    const shown = (): readonly unknown[] =>
      languages
        .getDiagnostics(uri)
        .map(({ range: { start, end }, message, severity, source }) => [
          start.line,
          start.character,
          end.character,
          severity,
          source,
          message,
        ]);
    assert.deepEqual(shown(), [
      [1, 2, 5, 0, 'Batchbook: Fixes', '[x](command:evil) **two**'],
      [2, 0, 0, 2, 'Batchbook: Fixes', 'beyond the end'],
    ]);
    assert.match(person.heard, /2 findings are in the Problems panel\. 1 about files/);
    await findings.show(scene.run);
    assert.equal(shown().length, 2);
    findings.clear();
    assert.deepEqual(shown(), []);
    findings.dispose();
  });
});
