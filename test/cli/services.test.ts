import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { CLI, cleanEnvironment } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';
import { FakeAnthropic } from '../support/fakes/fakeAnthropic.ts';
import { FakeGemini } from '../support/fakes/fakeGemini.ts';
import { FakeOpenAI } from '../support/fakes/fakeOpenAI.ts';

const SERVICES = [
  {
    model: 'claude-haiku-5-5',
    base: 'ANTHROPIC_BASE_URL',
    key: 'ANTHROPIC_API_KEY',
    path: '',
    start: () => FakeAnthropic.start(),
  },
  {
    model: 'gpt-6-luna',
    base: 'OPENAI_BASE_URL',
    key: 'OPENAI_API_KEY',
    path: '/v1',
    start: () => FakeOpenAI.start(),
  },
  {
    model: 'gemini-3.5-flash-lite',
    base: 'GOOGLE_GEMINI_BASE_URL',
    key: 'GEMINI_API_KEY',
    path: '',
    start: () => FakeGemini.start(),
  },
] as const;

async function batchbook(
  folder: Folder,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args, '--poll-interval', '0.02'], {
    cwd: folder.root,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

function withJob(model: string): Promise<Folder> {
  return Folder.with({
    'a.md': 'A text with a few words in it.',
    'job.batch.json': {
      version: 1,
      defaults: { model },
      costLimitUsd: 1,
      cells: [
        { kind: 'files', id: 'a', files: ['a.md'], prompt: 'Summarize.', output: 'out/{{file.name}}.md' },
      ],
    },
  });
}

describe('the packaged SDKs', function () {
  this.timeout(30_000);

  for (const { model, base, key, path, start } of SERVICES) {
    it(`run a job on ${model} with address and key of the environment`, async () => {
      await using fake = await start();
      await using folder = await withJob(model);
      const env = { [base]: `${fake.origin}${path}`, [key]: fake.key };
      const said = await batchbook(folder, env, 'run', 'job.batch.json', '--yes', '--json');
      assert.equal(said.code, 0, said.stderr);
      assert.match(await folder.read('out/a.md.md'), /^Answer to/);
      assert.match(
        said.stderr,
        new RegExp(`${fake.origin}.*not`, 's'),
        'an address that is not the vendor’s is named',
      );
      assert.ok(!(said.stdout + said.stderr).includes(fake.key));
    });

    it(`send nothing to ${model} without a key, and say what to do`, async () => {
      await using fake = await start();
      await using folder = await withJob(model);
      const env = { [base]: `${fake.origin}${path}` };
      const said = await batchbook(folder, env, 'run', 'job.batch.json', '--yes');
      assert.equal(said.code, 4, said.stderr);
      assert.match(said.stderr, new RegExp(key));
      assert.deepEqual(fake.requests, []);
    });
  }
});
