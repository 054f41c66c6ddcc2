import assert from 'node:assert/strict';
import { EventEmitter, type SecretStorage, type SecretStorageChangeEvent } from 'vscode';
import { hostAccess } from '../../src/host/keys/hostAccess.ts';
import { SecretKeys } from '../../src/host/keys/secretKeys.ts';
import { readSetting, type ReadSettings } from '../../src/host/settings.ts';

/** A key store in memory, or one that is locked. */
function keyStore(locked = false): SecretStorage & { readonly all: Map<string, string> } {
  const all = new Map<string, string>();
  const answer = <T>(value: T): Promise<T> =>
    locked ? Promise.reject(new Error('The keyring is locked')) : Promise.resolve(value);
  return {
    all,
    get: (name) => answer(all.get(name)),
    store: (name, value) => answer(void all.set(name, value)),
    delete: (name) => answer(void all.delete(name)),
    keys: () => answer([...all.keys()]),
    onDidChange: new EventEmitter<SecretStorageChangeEvent>().event,
  };
}

const settingsWith =
  (baseUrl: string): ReadSettings =>
  (key) =>
    (key === 'anthropic.baseUrl' ? baseUrl : readSetting(key)) as never;

describe('keys (P6)', () => {
  it('are kept for one origin, and given for no other', async () => {
    const keys = new SecretKeys(keyStore());
    await keys.set('anthropic', 'https://api.anthropic.com', 'sk-ant-stored');
    const at = (baseUrl: string): Promise<string | undefined> =>
      hostAccess({ keys, settings: settingsWith(baseUrl), env: { ANTHROPIC_API_KEY: 'sk-ant-environment' } })
        .accessTo('anthropic')
        .then(({ apiKey }) => apiKey);
    assert.equal(await at(''), 'sk-ant-stored');
    assert.equal(await at('https://api.anthropic.com/'), 'sk-ant-stored');
    for (const other of ['https://proxy.example', 'https://api.anthropic.com:8443', 'http://localhost:1'])
      assert.equal(await at(other), undefined, other);
    await keys.remove('anthropic', 'https://api.anthropic.com');
    assert.equal(await at(''), 'sk-ant-environment');
  });

  it('are not looked for anywhere else when the key store is locked: the plain reason is told', async () => {
    const keys = new SecretKeys(keyStore(true));
    await assert.rejects(keys.set('openai', 'https://api.openai.com', 'sk-x'), {
      code: 'auth',
      message: /key store cannot be used: The keyring is locked.*environment variable/,
    });
    const access = hostAccess({ keys, settings: settingsWith(''), env: {} });
    await assert.rejects(access.accessTo('anthropic'), { code: 'auth' });
  });
});
