import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commands, ConfigurationTarget, extensions, languages, Range, Uri, window, workspace } from 'vscode';
import { COMMAND_IDS } from '../../src/host/contributions.ts';

describe('the extension in a real extension host', () => {
  it('activates and registers every contributed command', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension, 'VS Code does not know the extension');
    await extension.activate();
    assert.equal(extension.isActive, true);
    // The view adds commands of its own, such as the one that focuses it.
    const registered = (await commands.getCommands(true)).filter((id) => id.startsWith('batchbook.'));
    assert.deepEqual(
      registered.filter((id) => !id.startsWith('batchbook.runs.')).sort(),
      [...COMMAND_IDS].sort(),
    );
  });

  it('can load the lazy libraries, and read a PDF with them', async () => {
    const extension = extensions.getExtension('batchbook.batchbook');
    assert.ok(extension);
    const folder = path.join(extension.extensionPath, 'dist/lazy');
    const files = await readdir(folder);
    assert.ok(files.length > 0);
    for (const file of files) {
      const library = (await import(pathToFileURL(path.join(folder, file)).href)) as object;
      assert.ok(Object.keys(library).length > 0, `${file} exports nothing`);
    }
    // VS Code's host has globals of its own, on which a library for browsers may stumble.
    const unpdf = (await import(pathToFileURL(path.join(folder, 'unpdf.mjs')).href)) as {
      getDocumentProxy(data: Uint8Array): Promise<{ numPages: number }>;
    };
    const report = await readFile(path.join(extension.extensionPath, 'examples/texts/peatland-report.pdf'));
    assert.ok((await unpdf.getDocumentProxy(new Uint8Array(report))).numPages > 0);
  });
});

describe('a job file in the editor', () => {
  it('is JSON with comments; its problems show where they are, go when they are mended, and leave with it', async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const uri = Uri.joinPath(folder.uri, 'wrong.batch.json');
    await workspace.fs.writeFile(Uri.joinPath(folder.uri, 'a.md'), Buffer.from('A text with words.'));
    const lines = [
      '{',
      '  "version": 1, // a comment',
      '  "defaults": { "model": "offline-extractiv" },',
      '  "cells": [{ "kind": "files", "id": "a", "files": ["a.md"], "prompt": "Read {{file.nme}}." }]',
      '}',
    ];
    await workspace.fs.writeFile(uri, Buffer.from(lines.join('\n')));
    const document = await workspace.openTextDocument(uri);
    assert.equal(document.languageId, 'jsonc');
    const editor = await window.showTextDocument(document);
    const ours = (): readonly string[] =>
      languages
        .getDiagnostics(uri)
        .filter(({ source }) => source === 'Batchbook')
        .map(({ range, message }) => `${document.getText(range)}: ${message}`);

    // A template that is wrong hides nothing else that is.
    await until(() => ours().length === 2);
    assert.match(ours()[0] ?? '', /^\{\{file\.nme\}\}: .*file\.name/);
    assert.match(ours()[1] ?? '', /^"offline-extractiv": /);
    await editor.edit((edit) => {
      const at = document.getText().indexOf('file.nme');
      edit.replace(
        new Range(document.positionAt(at), document.positionAt(at + 'file.nme'.length)),
        'file.name',
      );
    });
    await until(() => ours().length === 1);
    assert.match(ours()[0] ?? '', /offline-extractive/);
    await editor.edit((edit) => {
      edit.insert(document.positionAt(document.getText().indexOf('extractiv"') + 'extractiv'.length), 'e');
    });
    await until(() => ours().length === 0);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});

describe('services that a person has set', () => {
  it('are known as soon as they are set; one that is wrong is named where it is meant, and takes nothing else', async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const uri = Uri.joinPath(folder.uri, 'acme.batch.json');
    await workspace.fs.writeFile(Uri.joinPath(folder.uri, 'a.md'), Buffer.from('A text with words.'));
    const cell = (id: string, model: string): object => ({
      kind: 'files',
      id,
      model,
      files: ['a.md'],
      prompt: 'Read.',
    });
    const cells = [cell('ours', 'acme-large'), cell('theirs', 'gpt-6-luna'), cell('wrong', 'broken-large')];
    await workspace.fs.writeFile(uri, Buffer.from(JSON.stringify({ version: 1, cells })));
    await window.showTextDocument(await workspace.openTextDocument(uri));
    const ours = (): string[] =>
      languages
        .getDiagnostics(uri)
        .map(({ message }) => message)
        .sort();
    await until(() => ours().length === 2);
    assert.match(ours()[0] ?? '', /There is no model "acme-large"/);

    const model = { input: 1, output: 2, maxInputTokens: 1_000, maxOutputTokens: 1_000 };
    const entry = (name: string, baseUrl: string): object => ({
      baseUrl,
      keyVariable: `${name.toUpperCase()}_KEY`,
      models: { [`${name}-large`]: model },
    });
    const settings = workspace.getConfiguration('batchbook');
    await settings.update(
      'providers',
      { acme: entry('acme', 'https://llm.example/v1'), broken: entry('broken', 'http://llm.example/v1') },
      ConfigurationTarget.Global,
    );
    try {
      await until(() => ours().length === 1);
      assert.match(
        ours()[0] ?? '',
        /"broken-large" cannot be used\. Provider "broken" in the setting batchbook\.providers: "baseUrl" is not https/,
      );
    } finally {
      await settings.update('providers', undefined, ConfigurationTarget.Global);
    }
    await until(() => ours().length === 2);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});

describe('The models that a person has set', () => {
  it('count for open job files as soon as they are set, without a new window', async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder, 'no folder is open');
    const uri = Uri.joinPath(folder.uri, 'newer.batch.json');
    await workspace.fs.writeFile(Uri.joinPath(folder.uri, 'a.md'), Buffer.from('A text with words.'));
    const cell = { kind: 'files', id: 'a', files: ['a.md'], prompt: 'Read it.', output: false };
    const job = { version: 1, defaults: { model: 'gpt-99' }, cells: [cell] };
    await workspace.fs.writeFile(uri, Buffer.from(JSON.stringify(job)));
    await window.showTextDocument(uri);
    const problems = (): readonly string[] => languages.getDiagnostics(uri).map(({ message }) => message);
    await until(() => problems().some((message) => message.includes('no model "gpt-99"')));
    const settings = workspace.getConfiguration('batchbook');
    const models = { 'gpt-99': { provider: 'openai', input: 2, output: 10 } };
    await settings.update('models', models, ConfigurationTarget.Global);
    try {
      await until(() => problems().length === 0);
    } finally {
      await settings.update('models', undefined, ConfigurationTarget.Global);
      await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
  });
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) assert.fail('It has not come to that.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
