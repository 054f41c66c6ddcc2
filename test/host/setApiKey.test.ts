import assert from 'node:assert/strict';
import { EventEmitter, type SecretStorage, type SecretStorageChangeEvent } from 'vscode';
import { keyFingerprint } from '../../src/core/serviceAccess.ts';
import { hostAccess } from '../../src/host/keys/hostAccess.ts';
import { SecretKeys } from '../../src/host/keys/secretKeys.ts';
import { setApiKey } from '../../src/host/keys/setApiKey.ts';
import { SettingProblems } from '../../src/host/providerSettings.ts';
import { readSetting, type ReadSettings } from '../../src/host/settings.ts';
import { Person } from '../support/person.ts';
import { RecordingServer, closedOrigin } from '../support/recordingServer.ts';

const GOOD = 'sk-ant-good-0123456789';
const BAD = 'sk-ant-bad-0123456789';

interface Scene {
  readonly kept: ReadonlyMap<string, string>;
  readonly act: () => Promise<void>;
}

/** The command, with Anthropic at this origin and a service of the person's own there too. */
function sceneAt(
  origin: string,
  options: { readonly env?: Record<string, string>; readonly locked?: boolean } = {},
): Scene {
  const kept = new Map<string, string>();
  const answer = <T>(value: T): Promise<T> =>
    options.locked === true ? Promise.reject(new Error('The keyring is locked')) : Promise.resolve(value);
  const secrets: SecretStorage = {
    get: (name) => answer(kept.get(name)),
    store: (name, value) => answer(void kept.set(name, value)),
    delete: (name) => answer(void kept.delete(name)),
    keys: () => answer([...kept.keys()]),
    onDidChange: new EventEmitter<SecretStorageChangeEvent>().event,
  };
  const acme = { title: 'Acme', baseUrl: `${origin}/v1`, keyVariable: 'ACME_API_KEY', models: {} };
  const settings: ReadSettings = (key) => {
    if (key === 'anthropic.baseUrl') return origin as never;
    if (key === 'openai.baseUrl') return 'http://proxy.example' as never;
    if (key === 'providers') return { acme } as never;
    return readSetting(key);
  };
  const keys = new SecretKeys(secrets);
  const access = hostAccess({ keys, settings, env: options.env ?? {} });
  return { kept, act: () => setApiKey({ keys, access, settings }) };
}

/** Takes `GOOD` for a key and no other. */
function service(): Promise<RecordingServer> {
  return RecordingServer.start(({ headers, url }) =>
    headers.authorization !== `Bearer ${GOOD}`
      ? {
          status: 401,
          body: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
        }
      : { body: url.includes('batches') ? { data: [] } : { data: [{ type: 'model', id: 'm' }] } },
  );
}

function nameOf(name: string, origin: string): string {
  return `batchbook.key.${name}@${origin}`;
}

describe('Set API Key…', () => {
  it('shows a new key to its service and keeps it when it is good', async () => {
    await using server = await service();
    const { kept, act } = sceneAt(server.origin);
    using person = new Person('Anthropic', ` ${GOOD}\n`);
    await act();
    assert.deepEqual([...kept], [[nameOf('anthropic', server.origin), GOOD]]);
    assert.equal(server.requests.length, 1);
    assert.equal(server.requests[0]?.body.length, 0);
    assert.deepEqual(person.told, [
      `Anthropic accepts the key. It is kept for ${server.origin} (fingerprint ${keyFingerprint(GOOD)}).`,
    ]);
    assert.match(person.heard, /Checking the key of Anthropic/);
    assert.ok(!person.heard.includes(GOOD));
  });

  it('asks again for a key that is refused, and has kept nothing meanwhile', async () => {
    await using server = await service();
    const { kept, act } = sceneAt(server.origin);
    using person = new Person('Anthropic', BAD, 'Enter It Again', GOOD);
    await act();
    assert.deepEqual([...kept.values()], [GOOD]);
    const question = person.asked.find(({ choices }) => choices.includes('Enter It Again'));
    assert.match(
      question?.text ?? '',
      /refused this key.*not kept yet.*does not accept this key.*invalid x-api-key/s,
    );
    assert.deepEqual(question?.choices, ['Enter It Again', 'Keep It Anyway']);
    assert.ok(!person.heard.includes(BAD));
  });

  it('keeps a key that is refused where the person says so, and nothing where they turn away', async () => {
    await using server = await service();
    const stubborn = sceneAt(server.origin);
    {
      using person = new Person('Anthropic', BAD, 'Keep It Anyway');
      await stubborn.act();
      assert.deepEqual([...stubborn.kept.values()], [BAD]);
      assert.match(person.told.join(), /is kept .* although it is refused/);
    }
    const wary = sceneAt(server.origin);
    using person = new Person('Anthropic', BAD, undefined);
    await wary.act();
    assert.deepEqual([...wary.kept], []);
    assert.deepEqual(person.told, []);
  });

  it('keeps a key that could not be checked, and says why it was not', async () => {
    const origin = await closedOrigin();
    const { kept, act } = sceneAt(origin);
    using person = new Person('Anthropic', GOOD);
    await act();
    assert.deepEqual([...kept.values()], [GOOD]);
    assert.match(person.told.join(), /is kept .* but could not be checked: Nothing answers at/);
  });

  it('keeps a key whose check the person has stopped', async () => {
    await using server = await RecordingServer.start(() => 'hang');
    const { kept, act } = sceneAt(server.origin);
    using person = new Person('Anthropic', GOOD);
    person.isImpatient = true;
    await act();
    assert.deepEqual([...kept.values()], [GOOD]);
    assert.match(person.told.join(), /is kept .*, unchecked\./);
  });

  it('checks a key that is there already, and takes another for one that is refused', async () => {
    await using server = await service();
    const { kept, act } = sceneAt(server.origin);
    {
      using _ = new Person('Anthropic', BAD, 'Keep It Anyway');
      await act();
    }
    {
      using person = new Person('Anthropic', 'Check the Key', 'Enter Another…', GOOD);
      await act();
      assert.match(person.heard, /Check the Key\nReplace the Key…\nRemove the Key/);
      assert.match(person.heard, /key of Anthropic for .* is refused: Anthropic does not accept/);
    }
    assert.deepEqual([...kept.values()], [GOOD]);
    {
      using person = new Person('Anthropic', 'Check the Key');
      await act();
      assert.deepEqual(person.told, [`Anthropic accepts the key (fingerprint ${keyFingerprint(GOOD)}).`]);
    }
    using person = new Person('Anthropic', 'Remove the Key');
    await act();
    assert.deepEqual([...kept], []);
    assert.match(person.told.join(), /removed/);
  });

  it('checks a key of the environment, and removes none from there', async () => {
    await using server = await service();
    const env = { ANTHROPIC_API_KEY: GOOD, ANTHROPIC_BASE_URL: server.origin, ACME_API_KEY: GOOD };
    const { kept, act } = sceneAt(server.origin, { env });
    using person = new Person('Acme', 'Check the Key');
    await act();
    assert.match(person.heard, /Key from the environment/);
    assert.match(person.heard, /Check the Key\nSet Another Key…\n/);
    assert.doesNotMatch(person.heard, /Remove the Key/);
    assert.match(person.told.join(), /Acme accepts the key/);
    assert.deepEqual([...kept], []);
  });

  it('knows the services of the person’s own, whose keys may look like anything', async () => {
    await using server = await service();
    const { kept, act } = sceneAt(server.origin);
    using person = new Person('Acme', GOOD);
    await act();
    assert.deepEqual([...kept], [[nameOf('acme', server.origin), GOOD]]);
    assert.equal(server.requests[0]?.url, '/v1/batches?limit=1');
    assert.ok(
      person.heard.includes(`Acme | ${server.origin} | No key; not a vendor’s own address`),
      person.heard,
    );
  });

  it('sends nowhere what looks like a key of another service before the person says so', async () => {
    await using server = await service();
    const { kept, act } = sceneAt(server.origin);
    using person = new Person('Anthropic', 'sk-proj-of-openai', undefined);
    await act();
    assert.match(person.heard, /does not look like a key of Anthropic/);
    assert.deepEqual(server.requests, []);
    assert.deepEqual([...kept], []);
  });

  it('is not stopped by a service whose address is set wrongly, until that one is chosen', async () => {
    await using server = await service();
    const { act } = sceneAt(server.origin);
    using person = new Person('OpenAI');
    await assert.rejects(act(), { code: 'usage', message: /batchbook\.openai\.baseUrl is not https/ });
    assert.match(person.heard, /OpenAI \| .*batchbook\.openai\.baseUrl is not https/);
  });

  it('says that the key store is locked, and sends nothing', async () => {
    await using server = await service();
    const { act } = sceneAt(server.origin, { locked: true });
    using person = new Person('Anthropic');
    await assert.rejects(act(), { code: 'auth', message: /key store cannot be used: The keyring is locked/ });
    assert.match(person.heard, /Anthropic \| .*The keyring is locked/);
    assert.deepEqual(server.requests, []);
  });
});

describe('What is wrong in the settings of services', () => {
  it('is told once in a window, and again only when something else is', () => {
    using person = new Person(undefined, undefined);
    const problems = new SettingProblems();
    problems.tell([]);
    problems.tell([{ message: 'One.' }, { message: 'Two.' }]);
    problems.tell([{ message: 'Two.' }, { message: 'One.' }]);
    problems.tell([{ message: 'Two.' }, { message: 'Three.' }]);
    assert.deepEqual(
      person.asked.map(({ text, choices }) => [text, choices]),
      [
        ['One. Two.', ['Open Settings']],
        ['Three.', ['Open Settings']],
      ],
    );
  });
});
