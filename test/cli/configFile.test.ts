import assert from 'node:assert/strict';
import path from 'node:path';
import { assertCode, runCli, statusIn, type Said } from '../support/cli/cli.ts';
import { Folder, type FileContent } from '../support/cli/folder.ts';
import { FakeCompatible, chatAnswer } from '../support/fakes/fakeCompatible.ts';

const KEY = 'acme-key-0123456789';
const MODEL = { input: 2, output: 8, batchMultiplier: 0.5, maxInputTokens: 30_000, maxOutputTokens: 4_000 };
const USAGE = { prompt_tokens: 1_000, completion_tokens: 300, total_tokens: 1_300 };
const JOB = 'job.batch.json';

function job(model: string): Readonly<Record<string, FileContent>> {
  return {
    'a.md': 'The bridge is old. Two trains cross it each day.',
    [JOB]: {
      version: 1,
      defaults: { model, maxTokens: 300 },
      costLimitUsd: 1,
      cells: [
        { kind: 'files', id: 'a', files: ['a.md'], prompt: 'Summarize.', output: 'out/{{file.name}}.md' },
      ],
    },
  };
}

function acme(baseUrl: string): Readonly<Record<string, unknown>> {
  return { title: 'Acme', baseUrl, keyVariable: 'ACME_API_KEY', models: { 'acme-large': MODEL } };
}

function start(): Promise<FakeCompatible> {
  return FakeCompatible.start({
    key: KEY,
    endpoint: '/v1/chat/completions',
    answer: () => chatAnswer('An old bridge.', { usage: USAGE }),
  });
}

/** Runs a command with a configuration file that is the person's, beside the folder. */
async function withConfig(
  config: FileContent,
  files: Readonly<Record<string, FileContent>>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  await using home = await Folder.with({ 'batchbook/config.json': config });
  await using folder = await Folder.with(files);
  return await runCli(folder, args, { env: { XDG_CONFIG_HOME: home.root, APPDATA: home.root, ...env } });
}

describe('the configuration file of the command line', function () {
  this.timeout(30_000);

  it('brings a service with its own key and prices: run, models, estimate and doctor', async () => {
    await using fake = await start();
    const config = `{ // mine
      "providers": { "acme": ${JSON.stringify(acme(fake.baseUrl))}, },
    }`;
    await using home = await Folder.with({ 'batchbook/config.json': config });
    await using folder = await Folder.with(job('acme-large'));
    const env = { XDG_CONFIG_HOME: home.root, APPDATA: home.root, ACME_API_KEY: KEY };
    const batchbook = (...args: readonly string[]): Promise<Said> => runCli(folder, args, { env });

    const models = await batchbook('models');
    assertCode(models, 0);
    assert.match(models.stdout, /^acme-large +acme +\$1 in, \$4 out per million tokens/m);

    const estimate = await batchbook('estimate', JOB);
    assertCode(estimate, 0);
    assert.match(
      estimate.stdout,
      new RegExp(`${fake.origin} \\(acme, not a vendor's own address\\): acme-large`),
    );
    assert.equal(fake.requests.length, 0, 'an estimate is made here');

    const run = await batchbook('run', JOB, '--yes', '--json', '--poll-interval', '0.02');
    assertCode(run, 0);
    assert.equal(statusIn(run).costUsd.spent, 0.002_2);
    assert.equal(await folder.read('out/a.md.md'), 'An old bridge.\n');

    const doctor = await batchbook('doctor');
    assertCode(doctor, 0);
    assert.ok(
      doctor.stdout.includes(`ok   Configuration: ${home.path('batchbook/config.json')}`),
      doctor.stdout,
    );
    assert.match(doctor.stdout, /^ok +Acme: .*accepted$/m);
    for (const { stdout, stderr } of [models, estimate, run, doctor])
      assert.ok(!(stdout + stderr).includes(KEY));
    for (const { headers } of fake.requests) assert.equal(headers.authorization, `Bearer ${KEY}`);
  });

  it('sends nothing to such a service without a key, and names its variable', async () => {
    await using fake = await start();
    const said = await withConfig(
      { providers: { acme: acme(fake.baseUrl) } },
      job('acme-large'),
      ['run', JOB, '--yes'],
      {
        OPENAI_API_KEY: 'sk-other',
      },
    );
    assertCode(said, 4);
    assert.match(said.stderr, /no key of Acme.*ACME_API_KEY/);
    assert.deepEqual(fake.requests, []);
  });

  it('says other prices of models that are built in', async () => {
    const config = {
      models: { 'gpt-6-luna': { input: 4, output: 8 }, 'gpt-7': { provider: 'openai', input: 2, output: 6 } },
    };
    const { stdout } = await withConfig(config, {}, ['models']);
    assert.match(stdout, /^gpt-6-luna +openai +\$2 in, \$4 out/m);
    assert.match(stdout, /^gpt-7 +openai +\$1 in, \$3 out/m);
  });

  it('loses only the entry that is wrong, and says which', async () => {
    const config = { providers: { acme: { ...acme('http://llm.example/v1') } } };
    const fine = await withConfig(config, job('offline-extractive'), [
      'run',
      JOB,
      '--yes',
      '--poll-interval',
      '0.02',
    ]);
    assertCode(fine, 0);
    assert.equal(
      fine.stderr.match(/Provider "acme" in "providers" of .*config\.json: "baseUrl" is not https/g)?.length,
      1,
    );
    const said = await withConfig(config, job('acme-large'), ['estimate', JOB]);
    assertCode(said, 2);
    assert.match(
      said.stderr,
      /job\.batch\.json:\d+:\d+: The model "acme-large" cannot be used\. Provider "acme"/,
    );
    const doctor = await withConfig(config, {}, ['doctor']);
    assertCode(doctor, 1);
    assert.match(doctor.stdout, /^BAD +Configuration: .*Provider "acme".*not https/m);
    assert.equal(doctor.stderr, '');
  });

  for (const [what, config, says] of [
    ['is no JSON', '{ "models": { ', /is no JSON in line 1/],
    ['is no object', '[]', /must hold an object/],
    ['has an unknown key', '{ "provider": {} }', /unknown key "provider"\. Did you mean "providers"\?/],
    ['has a key twice', '{ "models": {}, "models": {} }', /is no JSON in line 1.*models/],
    ['has models that are no object', '{ "models": [] }', /must be an object/],
  ] as const)
    it(`that ${what} leaves only what is free: nobody knows which prices were meant (P3)`, async () => {
      const refused = await withConfig(config, job('gpt-6-luna'), ['run', JOB, '--yes'], {
        OPENAI_API_KEY: 'sk-x',
      });
      assertCode(refused, 2);
      assert.match(refused.stderr, says);
      assert.match(refused.stderr, /config\.json/);
      assertCode(
        await withConfig(config, job('offline-extractive'), ['run', JOB, '--yes', '--poll-interval', '0.02']),
        0,
      );
      assertCode(await withConfig(config, {}, ['status']), 0);
    });

  it('is the one that BATCHBOOK_CONFIG names in full', async () => {
    await using home = await Folder.with({
      'mine.json': { models: { 'gpt-7': { provider: 'openai', input: 2, output: 6 } } },
    });
    await using folder = await Folder.with({ 'mine.json': '{}', ...job('gpt-7') });
    const models = (file: string): Promise<Said> =>
      runCli(folder, ['models'], { env: { BATCHBOOK_CONFIG: file } });
    assert.match((await models(home.path('mine.json'))).stdout, /^gpt-7 /m);
    for (const [file, says] of [
      ['mine.json', /BATCHBOOK_CONFIG.*Name it in full/],
      [`.${path.sep}mine.json`, /BATCHBOOK_CONFIG.*Name it in full/],
      [home.path('gone.json'), /named by BATCHBOOK_CONFIG and is not there/],
      [home.root, /cannot be read/],
    ] as const) {
      const said = await models(file);
      assert.match(said.stderr, says, file);
      assert.doesNotMatch(said.stdout, /^gpt-7 /m);
      const run = await runCli(folder, ['run', JOB, '--yes'], { env: { BATCHBOOK_CONFIG: file } });
      assertCode(run, 2);
    }
  });

  it('is never looked for in a workspace, whatever lies there (P6)', async () => {
    await using fake = await start();
    const config = { providers: { acme: acme(fake.baseUrl) } };
    const places = [
      'config.json',
      'batchbook.json',
      '.batchbook/config.json',
      '.config/batchbook/config.json',
      'batchbook/config.json',
    ];
    await using folder = await Folder.with({
      ...job('acme-large'),
      ...Object.fromEntries(places.map((place) => [place, config])),
    });
    for (const env of [
      {},
      { XDG_CONFIG_HOME: '.' },
      { XDG_CONFIG_HOME: '.config', BATCHBOOK_CONFIG: ' ' },
    ] as const) {
      const said = await runCli(folder, ['run', JOB, '--yes'], {
        env: { ACME_API_KEY: KEY, HOME: '/nowhere', ...env },
      });
      assertCode(said, 2);
      assert.match(said.stderr, /There is no model "acme-large"/);
    }
    assert.deepEqual(fake.requests, []);
  });

  it('has nothing to say in a job file', async () => {
    const files = job('offline-extractive');
    const changed = { ...(files[JOB] as object), providers: {} };
    await using folder = await Folder.with({ ...files, [JOB]: changed });
    const said = await runCli(folder, ['estimate', JOB]);
    assertCode(said, 2);
    assert.match(said.stderr, /"providers"/);
  });
});
