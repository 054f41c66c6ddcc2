import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { JobResult } from '../../src/core/job.ts';
import type { RunStatus } from '../../src/core/status.ts';
import { ahead } from '../support/cli/ahead.ts';
import { assertCode, runCli, statusIn } from '../support/cli/cli.ts';
import { Folder } from '../support/cli/folder.ts';
import { JOB, summaries, withSummaries } from '../support/cli/jobs.ts';
import { ServiceWorld, endSpareService } from '../support/cli/world.ts';

/** Summaries of texts that a spreadsheet would trip over. */
const TRICKY = {
  'docs/=1+2.md': '=HYPERLINK("http://evil") is a formula. Nobody wants it to run.\n',
  'docs/quote.md': 'She said "no, never", and left. The door, heavy, fell shut.\n',
  'docs/lines.md': '- one\n- two\n- three\n',
};

const INVOICES = {
  kind: 'rows',
  id: 'invoice',
  data: 'people.csv',
  key: 'key',
  prompt: 'What has {{row.name}} paid?',
  output: false,
  responseSchema: {
    type: 'object',
    required: ['vendor', 'total'],
    properties: {
      vendor: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      total: { type: 'number' },
    },
  },
};

after(endSpareService);

async function finished(
  files: Readonly<Record<string, string>> = TRICKY,
): Promise<{ folder: Folder; runId: string }> {
  const folder = await withSummaries({ output: false }, files);
  const said = await runCli(folder, ['run', JOB, '--yes', '--json']);
  assertCode(said, 0);
  return { folder, runId: statusIn(said).runId };
}

describe('results', () => {
  it('come as JSON lines, also with --json', async () => {
    const { folder, runId } = await finished();
    await using _ = folder;
    const lines = await runCli(folder, ['results', runId]);
    assertCode(lines, 0);
    const results = lines.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobResult);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['ok', 'ok', 'ok'],
    );
    assert.equal((await runCli(folder, ['results', '--json'])).stdout, lines.stdout);
    const json = await runCli(folder, ['results', '--format', 'json']);
    assert.deepEqual(JSON.parse(json.stdout), results);
  });

  it('come in the format asked for with --json, where that is JSON; another is refused', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const list = await runCli(folder, ['results', '--json', '--format', 'json']);
    assert.equal((JSON.parse(list.stdout) as unknown[]).length, 3);
    for (const format of ['csv', 'md']) {
      const said = await runCli(folder, ['results', '--json', '--format', format]);
      assertCode(said, 2);
      assert.match(said.stderr, new RegExp(`^--json prints JSON, and --format ${format} is none\\. `));
    }
  });

  it('come as CSV that a spreadsheet reads as text', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const said = await runCli(folder, ['results', '--format', 'csv']);
    const lines = await runCli(folder, ['results']);
    const responses = lines.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as JobResult).response ?? '');
    const records = parse<Record<string, string>>(said.stdout, { columns: true });
    assert.deepEqual(
      records.map((record) => record['response']),
      responses.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)),
    );
    assert.ok(records.some((record) => record['response']?.startsWith(`'=HYPERLINK("http://evil")`)));
    assert.ok(
      records.some((record) => record['response']?.includes('\n')),
      'a cell with lines',
    );
    assert.deepEqual(records.map((record) => record['source']).sort(), Object.keys(TRICKY).sort());
    assert.match(said.stdout, /\r\n$/);
  });

  it('have a column for every field of structured answers', async () => {
    await using world = await ServiceWorld.with({}, { rows: 2, changes: { cells: [INVOICES] } });
    assertCode(await world.run('run', JOB, '--yes', '--json'), 0);
    const { stdout } = await world.run('results', '--format', 'csv');
    const records = parse<Record<string, string>>(stdout, { columns: true });
    const results = JSON.parse((await world.run('results', '--format', 'json')).stdout) as readonly {
      readonly source: string;
      readonly parsedResponse: { readonly vendor: { readonly name: string }; readonly total: number };
    }[];
    assert.deepEqual(
      records.map((record) => [record['source'], record['vendor.name'], Number(record['total'])]),
      results.map(({ source, parsedResponse: { vendor, total } }) => [source, vendor.name, total]),
    );
    assert.equal(results.length, 2);
  });

  it('come as Markdown with a heading a row', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const { stdout } = await runCli(folder, ['results', JOB, '--format', 'md']);
    assert.match(stdout, /^# Summaries\n/);
    assert.equal(stdout.match(/^## docs\//gm)?.length, 3);
  });

  it('tell how many were changed on disk, and have all others', async () => {
    const { folder, runId } = await finished();
    await using _ = folder;
    const file = folder.path(`.batchbook/runs/${runId}/results.jsonl`);
    const stored = await readFile(file, 'utf8');
    await writeFile(file, `X${stored.slice(1)}`);
    const said = await runCli(folder, ['results']);
    assertCode(said, 0);
    const results = said.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobResult);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['error', 'ok', 'ok']);
    assert.match(said.stderr, /^1 result could not be read, since results\.jsonl was changed/);
  });

  it('go to a new file with --out, and never replace one', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const first = await runCli(folder, ['results', '--format', 'csv', '--out', 'r.csv', '--json']);
    assertCode(first, 0);
    assert.equal((JSON.parse(first.stdout) as { file: string }).file, folder.path('r.csv'));
    const written = await folder.read('r.csv');
    assert.match(written, /^jobId,source,/);
    const second = await runCli(folder, ['results', '--out', 'r.csv']);
    assertCode(second, 2);
    assert.match(second.stderr, /r\.csv exists, and an existing file is never replaced/);
    assert.equal(await folder.read('r.csv'), written);
  });
});

describe('a run', () => {
  it('is named by its id, the end of it, its job file, or not at all', async () => {
    const { folder, runId } = await finished();
    await using _ = folder;
    for (const name of [[runId], [runId.slice(-5).toUpperCase()], [JOB]]) {
      const said = await runCli(folder, ['status', ...name, '--json']);
      assertCode(said, 0);
      assert.equal(statusIn(said).runId, runId);
    }
    const all = JSON.parse((await runCli(folder, ['status', '--json'])).stdout) as { runs: RunStatus[] };
    assert.deepEqual(
      all.runs.map((run) => run.runId),
      [runId],
    );
    assertCode(await runCli(folder, ['results']), 0);
  });

  it('is asked for again where the name fits none or several', async () => {
    await using folder = await withSummaries({ output: false });
    const ids = new Set<string>();
    for (let i = 0; i < 2; i++)
      ids.add(statusIn(await runCli(folder, ['run', JOB, '--yes', '--json', '--all'])).runId);
    const none = await runCli(folder, ['status', 'zzzzzz', '--json']);
    assertCode(none, 2);
    assert.match(none.stderr, /"zzzzzz" names no run in /);
    const several = await runCli(folder, ['status', '', '--json']);
    assertCode(several, 2);
    assert.equal((JSON.parse(several.stdout) as { error: { code: string } }).error.code, 'usage');
    for (const id of ids) assert.ok(several.stderr.includes(id), several.stderr);
  });

  it('that was never started: every verb says so and ends 2', async () => {
    await using folder = await withSummaries();
    for (const verb of ['results', 'resume', 'stop', 'resolve']) {
      const said = await runCli(folder, [verb]);
      assertCode(said, 2);
      assert.match(said.stderr, /There are no runs in .*batchbook run FILE/);
    }
    const status = await runCli(folder, ['status']);
    assertCode(status, 0);
    assert.match(status.stdout, /There are no runs in /);
  });

  it('that cannot be read is shown with the reason, and the others are shown too', async () => {
    const { folder, runId } = await finished();
    await using _ = folder;
    const other = statusIn(await runCli(folder, ['run', JOB, '--yes', '--json', '--all'])).runId;
    await folder.write({ [`.batchbook/runs/${runId}/journal.jsonl`]: '{"e":"nonsense"}\n{}\n' });
    const said = await runCli(folder, ['status']);
    assertCode(said, 0);
    assert.match(said.stdout, new RegExp(other));
    assert.match(said.stderr, new RegExp(`Run ${runId} cannot be read: .*line 1`, 's'));
    assertCode(await runCli(folder, ['results', runId]), 2);
  });

  it('that cannot be read is the one that is meant where it is the only one', async () => {
    const { folder, runId } = await finished();
    await using _ = folder;
    await folder.write({ [`.batchbook/runs/${runId}/journal.jsonl`]: '{"e":"nonsense"}\n{}\n' });
    for (const verb of ['results', 'resume']) {
      const said = await runCli(folder, [verb]);
      assertCode(said, 2);
      assert.match(said.stderr, /line 1/);
      assert.doesNotMatch(said.stderr, /There are no runs/);
    }
  });
});

describe('estimate', () => {
  it('shows what would be sent and writes nothing', async () => {
    await using folder = await withSummaries();
    const before = await folder.tree();
    const said = await runCli(folder, ['estimate', JOB, '--pilot', '2']);
    assertCode(said, 0);
    assert.equal(said.stderr, '');
    assert.match(said.stdout, /Rows +3 to send, 2 of them first as a pilot/);
    assert.match(said.stdout, /docs\/one\.md {2}74 B/);
    const json = await runCli(folder, ['estimate', JOB, '--json']);
    const plan = JSON.parse(json.stdout) as { rowsToSend: number; costUsd: { worst: number } };
    assert.deepEqual([plan.rowsToSend, plan.costUsd.worst], [3, 0]);
    assert.deepEqual(await folder.tree(), before);
  });

  it('names the rows that the limit leaves no room for', async () => {
    await using folder = await Folder.with({
      'docs/a.md': 'Text.\n',
      [JOB]: { ...summaries({ model: 'mock-small' }), costLimitUsd: 0.0001 },
    });
    const said = await runCli(folder, ['estimate', JOB], { service: 'http://127.0.0.1:9' });
    assertCode(said, 0);
    assert.match(said.stdout, /Note: 1 row is not sent under this limit: up to \$0\.00\d+ must be set aside/);
    assert.doesNotMatch(said.stdout, /waves/);
  });
});

describe('the other verbs', () => {
  it('models lists the real models only, with prices and caveats', async () => {
    await using folder = await Folder.with();
    const service = 'http://127.0.0.1:9';
    const said = await runCli(folder, ['models'], { service });
    assertCode(said, 0);
    assert.match(said.stdout, /offline-extractive +offline +free +extractive, not an AI model/);
    assert.doesNotMatch(said.stdout, /mock-/);
    const json = await runCli(folder, ['models', '--json'], { service });
    assert.doesNotMatch(json.stdout, /mock-/);
    assert.ok((JSON.parse(json.stdout) as { models: unknown[] }).models.length > 0);
  });

  it('doctor finds a healthy machine healthy, and leaves nothing behind', async () => {
    await using folder = await withSummaries();
    const before = await folder.tree();
    const said = await runCli(folder, ['doctor']);
    assertCode(said, 0);
    assert.doesNotMatch(said.stdout, /BAD/);
    const json = JSON.parse((await runCli(folder, ['doctor', '--json'])).stdout) as {
      checks: { ok: boolean }[];
    };
    assert.ok(json.checks.every((check) => check.ok));
    assert.deepEqual(await folder.tree(), before);
  });

  it('cleanup keeps answers and ends 0, also where nothing is left', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const before = (await runCli(folder, ['results'])).stdout;
    const said = await runCli(folder, ['cleanup']);
    assertCode(said, 0);
    assert.match(said.stdout, /There is nothing to remove\./);
    assert.equal((await runCli(folder, ['results'])).stdout, before);
  });

  it('stop on a finished run says that there is nothing to stop', async () => {
    const { folder } = await finished();
    await using _ = folder;
    const before = await folder.tree();
    const said = await runCli(folder, ['stop', JOB]);
    assertCode(said, 0);
    assert.match(said.stdout, /has finished; there is nothing to stop/);
    assert.deepEqual(await folder.tree(), before);
  });
});

const WRONG: readonly (readonly string[])[] = [
  [],
  ['dance'],
  ['run'],
  ['run', 'a', 'b'],
  ['run', JOB, '--nope'],
  ['run', JOB, '--limit-usd', 'much'],
  ['run', JOB, '--limit-usd', '-1'],
  ['run', JOB, '--limit-usd', '1e300'],
  ['run', JOB, '--pilot', '1.5'],
  ['run', JOB, '--poll-interval', '0'],
  ['results', '--format', 'xml'],
  ['resolve', JOB],
  ['status', '--workspace', 'gone', JOB],
];

describe('usage', () => {
  const checked = ahead(WRONG, isRefused);
  for (const args of WRONG) {
    it(`that is wrong ends 2 and says why: ${['batchbook', ...args].join(' ')}`, () => checked(args));
  }

  it('is explained by --help, which ends 0', async () => {
    await using folder = await Folder.with();
    for (const args of [['--help'], ['run', '--help'], ['help'], ['--version']]) {
      const said = await runCli(folder, args);
      assertCode(said, 0);
      assert.notEqual(said.stdout, '');
      assert.equal(said.stderr, '');
    }
    const { stdout } = await runCli(folder, ['--help']);
    for (const verb of [
      'estimate',
      'run',
      'resume',
      'resolve',
      'status',
      'stop',
      'results',
      'cleanup',
      'models',
      'doctor',
    ])
      assert.match(stdout, new RegExp(`^ {2}${verb}\\b`, 'm'));
  });
});

async function isRefused(args: readonly string[]): Promise<void> {
  await using folder = await withSummaries();
  const before = await folder.tree();
  const said = await runCli(folder, args);
  assertCode(said, 2);
  assert.equal(said.stdout, '');
  assert.notEqual(said.stderr, '');
  assert.doesNotMatch(said.stderr, /Unexpected failure|at .*\.cjs/);
  if (args.length > 1) {
    const json = await runCli(folder, [...args, '--json']);
    assertCode(json, 2);
    assert.equal((JSON.parse(json.stdout) as { error: { code: string } }).error.code, 'usage');
  }
  assert.deepEqual(await folder.tree(), before);
}
