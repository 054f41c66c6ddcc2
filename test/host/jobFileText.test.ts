import assert from 'node:assert/strict';
import {
  commands,
  languages,
  Uri,
  window,
  workspace,
  type CodeAction,
  type CompletionList,
  type TextDocument,
} from 'vscode';
import { parseJobFile } from '../../src/jobfile/parse.ts';
import { Person } from '../support/person.ts';

function inFolder(name: string): Uri {
  const [folder] = workspace.workspaceFolders ?? [];
  assert.ok(folder, 'no folder is open');
  return Uri.joinPath(folder.uri, name);
}

async function opened(name: string, text: string): Promise<TextDocument> {
  const uri = inFolder(name);
  await workspace.fs.writeFile(uri, Buffer.from(text));
  const document = await workspace.openTextDocument(uri);
  await window.showTextDocument(document);
  return document;
}

async function until(isTrue: () => boolean): Promise<void> {
  const late = Date.now() + 15_000;
  while (!isTrue()) {
    assert.ok(Date.now() < late, 'it did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the text of a job file', () => {
  it('is mended by a quick fix for each of its problems, one after the other', async () => {
    await workspace.fs.writeFile(inFolder('a.md'), Buffer.from('A text with words.'));
    const document = await opened(
      'fixes.batch.json',
      `{
  "version": 1, // kept
  "defaults": { "model": "offline-extractiv" },
  "cells": [{ "kind": "files", "id": "a", "files": ["a.md"], "promt": "Read {{file.nme}}." }]
}
`,
    );
    const ours = (): readonly string[] =>
      languages
        .getDiagnostics(document.uri)
        .filter(({ source }) => source === 'Batchbook')
        .map(({ message }) => message);
    for (const title of ['Use prompt', 'Use {{file.name}}', 'Use offline-extractive']) {
      let action: CodeAction | undefined;
      const late = Date.now() + 15_000;
      while (action === undefined) {
        assert.ok(Date.now() < late, `${title} is not offered for: ${ours().join(' ')}`);
        for (const { range, source } of languages.getDiagnostics(document.uri)) {
          if (source !== 'Batchbook') continue;
          const actions = await commands.executeCommand<CodeAction[]>(
            'vscode.executeCodeActionProvider',
            document.uri,
            range,
          );
          action ??= actions.find((one) => one.title === title);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(action.edit !== undefined && (await workspace.applyEdit(action.edit)));
    }
    await until(() => ours().length === 0);
    assert.match(document.getText(), /"version": 1, \/\/ kept\n/);
    assert.ok(parseJobFile(document.getText(), 'x').ok);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('completes models with their price, and the variables of a prompt', async () => {
    const text =
      '{ "version": 1, "defaults": { "model": "" }, "cells": [{ "kind": "files", "id": "a", "files": ["a.md"], "prompt": "Read {{" }] }';
    const document = await opened('complete.batch.json', text);
    const labelsAt = async (after: string): Promise<readonly string[]> => {
      const position = document.positionAt(text.indexOf(after) + after.length);
      const { items } = await commands.executeCommand<CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        position,
      );
      return items.map(
        ({ label, detail }) => `${typeof label === 'string' ? label : label.label} ${detail ?? ''}`,
      );
    };
    const models = await labelsAt('"model": "');
    assert.ok(models.includes('offline-extractive offline, free'), models.join('; '));
    assert.ok(models.some((label) => /^claude-haiku-5-5 anthropic, \$[\d.]+ in, \$[\d.]+ out/.test(label)));
    const variables = await labelsAt('"Read {{');
    assert.ok(
      variables.some((label) => label.startsWith('{{file.name}}')),
      variables.join('; '),
    );
    await commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('begins from one of six templates, under the usual name of it', async () => {
    using person = new Person('Extract to a schema', 'terms');
    const uri = await commands.executeCommand<Uri | undefined>('batchbook.newJobFile');
    assert.equal(person.asked[0]?.choices.length, 6);
    assert.ok(uri?.path.endsWith('/terms.batch.json') === true, String(uri));
    const text = Buffer.from(await workspace.fs.readFile(uri)).toString();
    assert.ok(parseJobFile(text, 'x').ok);
    assert.match(text, /"responseSchema"/);
    await commands.executeCommand('workbench.action.closeActiveEditor');
  });
});
