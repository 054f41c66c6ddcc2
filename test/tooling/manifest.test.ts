import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { COMMAND_IDS } from '../../src/host/contributions.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly main: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(root, file), 'utf8'));
}

describe('the manifest', () => {
  it('contributes the commands that the code has, and no other', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), [...COMMAND_IDS].sort());
  });

  it('has a text for every placeholder, and a placeholder for every text', async () => {
    const text = await readFile(path.join(root, 'package.json'), 'utf8');
    const used = [...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key);
    const texts = Object.keys((await readJson('package.nls.json')) as object);
    assert.deepEqual([...new Set(used)].sort(), texts.sort());
  });

  it('shows no text that a translator cannot reach', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const shown = [...JSON.stringify(contributes).matchAll(/"(?:title|category|description)":"([^"]*)"/g)];
    assert.ok(shown.length > 0);
    assert.deepEqual(
      shown.map(([, value]) => value).filter((value) => !/^%[\w.]+%$/.test(value ?? '')),
      [],
    );
  });

  it('points at files that the build makes', async () => {
    const { main, bin, exports } = (await readJson('package.json')) as Manifest;
    const targets = [main, ...Object.values(bin), ...Object.values(exports).flatMap(pathsOf)];
    for (const target of targets) await access(path.join(root, target));
  });

  it('is typed for the oldest VS Code that it claims to work in', async () => {
    const { engines, devDependencies } = (await readJson('package.json')) as Manifest;
    assert.equal(engines.vscode, `^${devDependencies['@types/vscode'] ?? ''}`);
  });
});

function pathsOf(target: string | Readonly<Record<string, string>>): string[] {
  return typeof target === 'string' ? [target] : Object.values(target);
}
