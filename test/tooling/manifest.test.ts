import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'jsonc-parser';
import {
  COMMAND_IDS,
  CONTEXT_KEYS,
  EDITOR_ID,
  RUN_TRAITS,
  SETTING_SCOPES,
  VIEW_IDS,
} from '../../src/host/contributions.ts';
import { PROVIDER_KEYS, PROVIDER_MODEL_KEYS } from '../../src/providers/configured/compatible.ts';
import { configureProviders } from '../../src/providers/configured/configure.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The part of a JSON Schema that says which keys there may and must be. */
interface ObjectSchema {
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ObjectSchema;
}

interface Manifest {
  readonly main: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly enablement?: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsContainers: {
      readonly activitybar: readonly { readonly id: string; readonly icon: string }[];
    };
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string }[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<string, { readonly scope: string; readonly default: unknown } & ObjectSchema>
      >;
    };
    readonly customEditors: readonly {
      readonly viewType: string;
      readonly selector: readonly { readonly filenamePattern: string }[];
    }[];
    readonly jsonValidation: readonly { readonly url: string }[];
    readonly grammars: readonly { readonly path: string; readonly scopeName: string }[];
    readonly languages: readonly { readonly id: string; readonly filenamePatterns: readonly string[] }[];
  };
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(root, file), 'utf8'));
}

describe('the manifest', () => {
  it('contributes the commands that the code has, and no other', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), [...COMMAND_IDS].sort());
  });

  it('names in its menus only commands that there are, and offers each of them somewhere', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const inMenus = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
    assert.deepEqual(
      inMenus.filter((command) => !(COMMAND_IDS as readonly string[]).includes(command)),
      [],
    );
    const hidden = (contributes.menus['commandPalette'] ?? [])
      .filter(({ when }) => when === 'false')
      .map(({ command }) => command);
    // A command that the palette hides is called by the code alone.
    assert.deepEqual(hidden.sort(), ['batchbook.openRow', 'batchbook.takeOverBatch']);
  });

  it('has the views that the code fills, in a container that there is', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const containers = contributes.viewsContainers.activitybar.map(({ id }) => id);
    assert.deepEqual(Object.keys(contributes.views), containers);
    const views = Object.values(contributes.views).flat();
    assert.deepEqual(views.map(({ id }) => id).sort(), [...VIEW_IDS].sort());
    for (const { view } of contributes.viewsWelcome)
      assert.ok((VIEW_IDS as readonly string[]).includes(view));
    for (const { icon } of [...views, ...contributes.viewsContainers.activitybar])
      await access(path.join(root, icon));
  });

  it('has the editor that the code registers, for job files', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    assert.deepEqual(
      contributes.customEditors.map(({ viewType, selector }) => [viewType, selector]),
      [[EDITOR_ID, [{ filenamePattern: '*.batch.json' }]]],
    );
  });

  it('has the settings that the code reads, in the scope that it takes them to have, and no other', async () => {
    const { contributes, capabilities } = (await readJson('package.json')) as Manifest;
    const { properties } = contributes.configuration;
    const scopes = Object.fromEntries(
      Object.entries(properties).map(([key, { scope }]) => [key.replace(/^batchbook\./, ''), scope]),
    );
    assert.deepEqual(scopes, SETTING_SCOPES);
    const machine = Object.keys(properties).filter((key) => properties[key]?.scope === 'machine');
    assert.deepEqual([...capabilities.untrustedWorkspaces.restrictedConfigurations].sort(), machine.sort());
  });

  it('keeps what redirects traffic out of the hands of a workspace', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const redirecting = Object.entries(contributes.configuration.properties).filter(([key]) =>
      /url|providers|models/i.test(key),
    );
    assert.ok(redirecting.length > 0);
    for (const [key, { scope }] of redirecting) assert.equal(scope, 'machine', key);
  });

  it('lets a service be set with the keys that the code reads, and asks for those that it needs', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const schema = contributes.configuration.properties['batchbook.providers']?.additionalProperties;
    const modelSchema = schema?.properties?.['models']?.additionalProperties;
    assert.deepEqual(Object.keys(schema?.properties ?? {}), PROVIDER_KEYS);
    assert.deepEqual(Object.keys(modelSchema?.properties ?? {}), PROVIDER_MODEL_KEYS);
    const model = { input: 1, output: 1, maxInputTokens: 1, maxOutputTokens: 1 };
    const entry = { baseUrl: 'https://llm.example/v1', keyVariable: 'ACME_API_KEY', models: { m: model } };
    const problemsOf = (providers: unknown): number =>
      configureProviders({ providers, setBy: { providers: '', models: '' } }).problems.length;
    assert.equal(problemsOf({ acme: entry }), 0);
    assert.deepEqual(schema?.required, Object.keys(entry));
    for (const key of Object.keys(entry))
      assert.equal(problemsOf({ acme: { ...entry, [key]: undefined } }), 1, key);
    assert.deepEqual(modelSchema?.required, Object.keys(model));
    for (const key of Object.keys(model))
      assert.equal(problemsOf({ acme: { ...entry, models: { m: { ...model, [key]: undefined } } } }), 1, key);
  });

  it('shows examples of a service that can be used as they are', async () => {
    const guide = await readFile(path.join(root, 'docs/services.md'), 'utf8');
    const texts = (await readJson('package.nls.json')) as Readonly<Record<string, string>>;
    const examples = [
      /```jsonc\n(\{\n {2}"acme"[^]*?)```/.exec(guide)?.[1],
      /`(\{ "acme".*\})`/.exec(texts['setting.providers'] ?? '')?.[1],
    ];
    for (const example of examples) {
      const providers: unknown = parse(example ?? assert.fail('there is no example'), undefined, {
        allowTrailingComma: true,
      });
      const { compatible, problems } = configureProviders({
        providers,
        setBy: { providers: '', models: '' },
      });
      assert.deepEqual([compatible.map(({ name }) => name), problems], [['acme'], []]);
    }
    for (const key of [...PROVIDER_KEYS, ...PROVIDER_MODEL_KEYS])
      assert.ok(guide.includes(`\`${key}\``), key);
  });

  it('asks only for context keys and traits of runs that the code sets, and for all of them', async () => {
    const text = JSON.stringify(((await readJson('package.json')) as Manifest).contributes);
    const keys = [...text.matchAll(/"when":"([^"]*)"/g)].flatMap(([, when]) => [
      ...(when ?? '').matchAll(/\bbatchbook\.(\w+)\b/g),
    ]);
    const ours = new Set(keys.map(([key]) => key));
    for (const view of VIEW_IDS) ours.delete(view);
    assert.deepEqual([...ours].sort(), [...CONTEXT_KEYS].sort());
    const traits = new Set(
      [...text.matchAll(/viewItem =~ \/[\\]+b(\w+?)[\\]+b\//g)].map(([, trait]) => trait),
    );
    assert.deepEqual([...traits].sort(), [...RUN_TRAITS].sort());
  });

  it('sends nothing by a command that Restricted Mode leaves on', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    const sending = [
      'summarize',
      'runPrompt',
      'run',
      'runCell',
      'runPilot',
      'runAll',
      'resume',
      'rerunFailed',
      'resolve',
      'decideBatch',
      'trySample',
      'showAtProviders',
      'takeOverBatch',
      'cleanUp',
    ];
    for (const { command, enablement } of contributes.commands)
      assert.equal(
        enablement,
        sending.includes(command.replace('batchbook.', '')) ? 'isWorkspaceTrusted' : undefined,
        command,
      );
  });

  it('opens job files as JSON with comments, checked by the schema that the build makes', async () => {
    const { contributes } = (await readJson('package.json')) as Manifest;
    assert.deepEqual(contributes.languages, [{ id: 'jsonc', filenamePatterns: ['*.batch.json'] }]);
    for (const { url } of contributes.jsonValidation) await access(path.join(root, url));
    for (const { path: file, scopeName } of contributes.grammars)
      assert.equal(((await readJson(file)) as { scopeName: string }).scopeName, scopeName);
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
