import assert from 'node:assert/strict';
import path from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const root = path.resolve(import.meta.dirname, '../..');

/** A file that must not pass, and a part of the sentence that says what to do instead. */
const FORBIDDEN: readonly (readonly [title: string, file: string, code: string, message: string])[] = [
  ['VS Code in the core', 'src/core/a.ts', "import { window } from 'vscode'; window.x();", 'Only src/host'],
  ['VS Code in the command line', 'src/cli/a.ts', "import 'vscode';", 'Only src/host'],
  ['a provider in the core', 'src/core/a.ts', "import '../providers/registry.ts';", 'ports'],
  ['state in a provider', 'src/providers/x/a.ts', "import '../../state/lease.ts';", 'ports of the core'],
  ['a job file in state', 'src/state/a.ts', "import '../jobfile/schema.ts';", 'ports of the core'],
  ['state in a job file', 'src/jobfile/a.ts', "import '../state/lease.ts';", 'src/workspace'],
  ['state in the command line', 'src/cli/verbs/a.ts', "import '../../state/lease.ts';", 'src/workspace'],
  ['a provider in the host', 'src/host/a.ts', "import '../providers/registry.ts';", 'src/workspace'],
  ['the host in the workspace layer', 'src/workspace/a.ts', "import '../host/about.ts';", 'headless layers'],
  ['a test in what ships', 'src/core/a.ts', "import '../../test/support/zipEntries.ts';", 'src/testing'],
  ['the page in the core', 'src/core/a.ts', 'document.title();', 'Only src/webview'],
  ['a batch made outside submission', 'src/core/a.ts', 'provider.createBatch({});', 'src/core/submission.ts'],
  ['a batch made by the host', 'src/host/a.ts', 'void provider.createBatch({});', 'src/core/submission.ts'],
  ['a timer in the core', 'src/core/a.ts', 'setTimeout(() => 1, 5);', 'Time is injected'],
  ['the time of day in the core', 'src/core/a.ts', 'export const a = Date.now();', 'Time is injected'],
  ['a date of now in the core', 'src/core/a.ts', 'export const a = new Date();', 'Time is injected'],
  ['chance in the core', 'src/core/a.ts', 'export const a = Math.random();', 'Chance is injected'],
  ['a default export', 'src/state/a.ts', 'export default 1;', 'Export by name'],
  ['a const enum', 'src/state/a.ts', 'export const enum A { B }', 'union of string literals'],
  ['the console in the core', 'src/core/a.ts', 'console.log(1);', 'console'],
  ['a raw notification', 'src/host/a.ts', 'window.showErrorMessage(text);', 'src/host/notify.ts'],
  ['a file in kebab-case', 'src/core/a-b.ts', 'export const a = 1;', 'camelCase'],
];

const ALLOWED: readonly (readonly [title: string, file: string, code: string])[] = [
  ['VS Code in the host', 'src/host/a.ts', "import { window } from 'vscode'; window.x();"],
  ['state in the workspace layer', 'src/workspace/a.ts', "import '../state/lease.ts';"],
  ['the workspace layer in the host', 'src/host/tree/a.ts', "import '../../workspace/workspace.ts';"],
  ['a batch made by submission', 'src/core/submission.ts', 'void provider.createBatch({});'],
  ['a batch made by a test', 'test/unit/a.test.ts', 'void provider.createBatch({});'],
  [
    'a notification in its place',
    'src/host/notify.ts',
    "import { window } from 'vscode'; void window.showErrorMessage('a');",
  ],
  ['time in the clock', 'src/core/clock.ts', 'export const a = Date.now();'],
  ['the console in the command line', 'src/cli/a.ts', 'console.log(1);'],
];

describe('the lint rules', function () {
  this.timeout(60_000);
  // The snippets are no files of the project, so they are checked without types.
  const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

  async function messagesOf(file: string, code: string): Promise<string[]> {
    const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
    return (result?.messages ?? []).map(({ message }) => message);
  }

  for (const [title, file, code, expected] of FORBIDDEN) {
    it(`forbid ${title}`, async () => {
      const messages = await messagesOf(file, code);
      assert.ok(
        messages.some((message) => message.includes(expected)),
        `${file} got: ${messages.join(' | ')}`,
      );
    });
  }

  for (const [title, file, code] of ALLOWED) {
    it(`allow ${title}`, async () => {
      assert.deepEqual(await messagesOf(file, code), []);
    });
  }
});
