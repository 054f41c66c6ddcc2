import assert from 'node:assert/strict';
import path from 'node:path';
import { readConfigFile } from '../../../src/workspace/configFile.ts';
import { Folder } from '../../support/cli/folder.ts';

describe('The place of the configuration file', () => {
  it('is the person’s own folder for such files, on every system', async () => {
    const folder = path.resolve('/home/ada');
    const elsewhere = path.resolve('/srv/ada');
    for (const [platform, env, expected] of [
      ['linux', {}, [folder, '.config']],
      ['darwin', {}, [folder, '.config']],
      ['linux', { XDG_CONFIG_HOME: elsewhere }, [elsewhere]],
      // Relative: the specification has it ignored, and it would lead into the current folder.
      ['linux', { XDG_CONFIG_HOME: 'conf' }, [folder, '.config']],
      ['linux', { APPDATA: elsewhere }, [folder, '.config']],
      ['win32', {}, [folder, 'AppData', 'Roaming']],
      ['win32', { APPDATA: elsewhere, XDG_CONFIG_HOME: folder }, [elsewhere]],
    ] as const) {
      const config = await readConfigFile(env, { platform, folder });
      assert.equal(config.path, path.join(...expected, 'batchbook', 'config.json'));
      assert.equal(config.isThere, false);
      assert.equal(config.settings.unreadable, undefined);
    }
  });

  it('may be named; the file is JSON with comments, and may begin with a byte order mark', async () => {
    await using folder = await Folder.with({ 'c.json': '\ufeff{ /* mine */ "models": { "m": 1, }, }' });
    const config = await readConfigFile({ BATCHBOOK_CONFIG: ` ${folder.path('c.json')} ` });
    assert.deepEqual([config.path, config.isThere], [folder.path('c.json'), true]);
    assert.deepEqual(config.settings.models, { m: 1 });
    assert.equal(config.settings.setBy.models, `"models" of ${folder.path('c.json')}`);
  });
});
