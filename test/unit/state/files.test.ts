import assert from 'node:assert/strict';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunEvent } from '../../../src/core/events.ts';
import { isBatchbookError } from '../../../src/core/errors.ts';
import { STATE_FORMAT, type RunWriter } from '../../../src/core/stateManager.ts';
import type { ErrorCode } from '../../../src/core/vocabulary.ts';
import { AppendLog } from '../../../src/state/appendLog.ts';
import {
  decodeEvent,
  decodeMeta,
  decodePlannedRow,
  encodeEvent,
  encodePlannedRow,
} from '../../../src/state/codec.ts';
import { realDisk, type AppendFile, type Disk } from '../../../src/state/disk.ts';
import { FileStateManager } from '../../../src/state/fileStateManager.ts';
import { runLayout, type RunLayout } from '../../../src/state/layout.ts';
import { readLines } from '../../../src/state/lines.ts';
import { listenForWake, wakeHolder } from '../../../src/state/wakeSocket.ts';
import type { World } from '../../support/engine.ts';
import { type WorldOptions } from '../../support/engine.ts';
import { inWorld, resultsOf, withProvider } from '../core/scenario.ts';

function withCode(code: ErrorCode, pattern = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isBatchbookError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.userMessage, pattern);
    return true;
  };
}

function layoutOf(world: World): RunLayout {
  return runLayout(world.stateDir, world.runId);
}

/** Plans, and drives as a process that writes by hand. */
async function driven(
  options: WorldOptions,
  work: (writer: RunWriter, world: World, layout: RunLayout) => Promise<void>,
): Promise<void> {
  await inWorld(options, async (world) => {
    await world.plan();
    const writer = await world.state().driveRun(world.runId, { kind: 'cli' });
    try {
      await work(writer, world, layoutOf(world));
    } finally {
      await writer.release();
    }
  });
}

const NOTICE: RunEvent = { e: 'notice', at: 1, code: 'test', message: 'Something.' };
const LIMIT: RunEvent = { e: 'limitSet', at: 1, limitNanoUsd: 5 };

describe('A torn last line', () => {
  it('is ignored by readers, who repair nothing; a driver moves it to torn/ and goes on', () =>
    inWorld({ rows: 3 }, async (world) => {
      await world.run();
      const layout = layoutOf(world);
      await appendFile(layout.journal, '{"n":1,"e":"not');
      await appendFile(layout.results, '{"row":');
      const before = await readFile(layout.journal);
      const reader = await world.state().readRun(world.runId);
      assert.equal(reader.ledger.phase, 'finished');
      assert.deepEqual(await readFile(layout.journal), before);
      await world.resume();
      const torn = await readdir(layout.torn);
      assert.equal(torn.length, 2);
      for (const name of torn) {
        const kept = await readFile(path.join(layout.torn, name), 'utf8');
        assert.equal(kept, name.startsWith('journal') ? '{"n":1,"e":"not' : '{"row":');
      }
      const journal = await readFile(layout.journal, 'utf8');
      assert.ok(!journal.includes('"not'));
      assert.ok(journal.endsWith('\n'));
      assert.equal((await resultsOf(world)).length, 3);
    }));

  it('without any line before it is cut to nothing', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-log-'));
    try {
      const file = path.join(dir, 'a.jsonl');
      await writeFile(file, 'x'.repeat(200_000));
      const log = await AppendLog.open(realDisk, file, path.join(dir, 'torn'));
      assert.equal(log.size, 0);
      assert.equal(await log.append(Buffer.from('ab\n')), 0);
      assert.equal(Buffer.from(await log.read(0, 3)).toString(), 'ab\n');
      await log.close();
      assert.equal(await readFile(file, 'utf8'), 'ab\n');
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('An unreadable line', () => {
  it('in the middle of the journal stops reader and driver with its number, and no byte is changed', () =>
    inWorld({ rows: 3 }, async (world) => {
      await world.run();
      const { journal } = layoutOf(world);
      const lines = (await readFile(journal, 'utf8')).split('\n');
      for (const broken of ['{"n":1,', '{"n":1,"e":"unheard","at":1}', '{"e":"continued","at":1}', '[]']) {
        const text = [...lines.slice(0, 2), broken, ...lines.slice(3)].join('\n');
        await writeFile(journal, text);
        await assert.rejects(
          world.state().readRun(world.runId),
          withCode('corruptState', /journal\.jsonl line 3/),
        );
        await assert.rejects(world.resume(), withCode('corruptState', /line 3/));
        assert.equal(await readFile(journal, 'utf8'), text);
      }
    }));

  it('in the plan stops them too, and another plan than the one of the run is noticed', () =>
    inWorld({ rows: 3 }, async (world) => {
      await world.plan();
      const { plan } = layoutOf(world);
      const text = await readFile(plan, 'utf8');
      await writeFile(plan, text.replace('"id"', '"di"'));
      await assert.rejects(
        world.state().readRun(world.runId),
        withCode('corruptState', /plan\.jsonl line 1/),
      );
      await writeFile(plan, text.replace('"source":"2"', '"source":"1"'));
      await assert.rejects(world.resume(), withCode('corruptState', /not the plan/));
      await writeFile(plan, text.split('\n').slice(0, 2).join('\n') + '\n');
      await assert.rejects(world.resume(), withCode('corruptState', /not the plan/));
      await writeFile(plan, text);
      assert.equal((await world.resume()).counts.ok, 3);
    }));

  it('of run.json is told, and so is a cell that the plan names and run.json lacks', () =>
    inWorld({ rows: 1 }, async (world) => {
      await world.plan();
      const { meta } = layoutOf(world);
      const text = await readFile(meta, 'utf8');
      await writeFile(meta, '{');
      await assert.rejects(world.state().readRun(world.runId), withCode('corruptState', /run\.json/));
      await writeFile(meta, '{}');
      await assert.rejects(world.state().readRun(world.runId), withCode('corruptState', /run\.json/));
      await writeFile(meta, text.replace('"id": "cell"', '"id": "other"'));
      await assert.rejects(world.resume(), withCode('corruptState', /cell/));
    }));

  it('that names a row or a batch that is not there is corrupt', () =>
    driven({ rows: 2 }, async (writer) => {
      const written = [[7, 'a', 'ab'.repeat(32)]] as const;
      await assert.rejects(
        writer.append({ e: 'rowsWritten', at: 1, rows: written }),
        withCode('corruptState'),
      );
      const closed: RunEvent = { e: 'batchClosed', at: 1, nonce: 'none', lines: 0, strays: 0 };
      await assert.rejects(writer.append(closed), withCode('corruptState'));
    }));
});

describe('A newer format', () => {
  it('is refused with what to do, and not a byte is changed', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.run();
      const { meta, dir } = layoutOf(world);
      const newer = (await readFile(meta, 'utf8')).replace('"format": 1', '"format": 2');
      await writeFile(meta, newer);
      const before = await treeOf(dir);
      await assert.rejects(world.state().readRun(world.runId), withCode('newerFormat', /Update Batchbook/));
      await assert.rejects(world.resume(), withCode('newerFormat'));
      assert.deepEqual(await treeOf(dir), before);
      assert.throws(() => decodeMeta(JSON.stringify({ format: STATE_FORMAT + 1 })), withCode('newerFormat'));
    }));
});

describe('A run folder', () => {
  it('without runCreated is an abandoned plan, from which nothing is sent', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      await writeFile(layoutOf(world).journal, '');
      await assert.rejects(world.state().readRun(world.runId), withCode('state', /never completely planned/));
      await assert.rejects(world.resume(), withCode('state'));
      assert.equal(world.service.ledger().batches.length, 0);
    }));

  it('that is not there, or whose name is no id, is told', () =>
    inWorld({ rows: 2 }, async (world) => {
      await assert.rejects(world.state().readRun(world.runId), withCode('state', /There is no run in/));
      assert.throws(() => runLayout(world.stateDir, '../../etc'), withCode('state', /not the id of a run/));
      assert.deepEqual(await world.state().listRuns(), []);
    }));

  it('copied without its empty folders can be driven', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      const { requests, payloads, leases } = layoutOf(world);
      for (const dir of [requests, payloads, leases]) await rm(dir, { recursive: true });
      assert.equal((await world.resume()).counts.ok, 2);
    }));

  it('that is deleted while its run is driven ends the driver with a clear error, and nothing more is sent', () =>
    inWorld({ rows: 4, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
      await world.plan();
      const run = await world.start({
        onProgress: ({ batches }) => {
          if (batches[0]?.state === 'running') gone ??= rm(layoutOf(world).dir, { recursive: true });
        },
      });
      let gone: Promise<void> | undefined;
      await assert.rejects(run.finished(), withCode('disk', /folder is gone/));
      await gone;
      assert.equal(world.service.ledger().batches.length, 1);
    }));

  it('is refused where the state is to be kept in a file', () =>
    inWorld({ rows: 1 }, async (world) => {
      await writeFile(world.stateDir, 'I am a file.');
      await assert.rejects(world.plan(), withCode('state', /is a file/));
      assert.equal(await readFile(world.stateDir, 'utf8'), 'I am a file.');
    }));

  it('keeps itself out of version control', () =>
    inWorld({ rows: 1 }, async (world) => {
      await world.plan();
      assert.equal(await readFile(path.join(world.stateDir, '.gitignore'), 'utf8'), '*\n');
      assert.deepEqual(await world.state().listRuns(), [world.runId]);
    }));

  it('whose journal vanishes under a reader is told', () =>
    inWorld({ rows: 1 }, async (world) => {
      await world.run();
      const reader = await world.state().readRun(world.runId);
      await rm(layoutOf(world).journal);
      await assert.rejects(reader.refresh(), withCode('disk', /journal/));
    }));
});

describe('What came with a folder', () => {
  const treasure = 'mine\nnot ended by a newline';
  const links: Readonly<Record<string, (layout: RunLayout) => string>> = {
    'the journal': ({ journal }) => journal,
    'the results': ({ results }) => results,
    'the plan': ({ plan }) => plan,
    'the folder of payloads': ({ payloads }) => payloads,
    'the folder of requests': ({ requests }) => requests,
    'a lease file to be': ({ leases }) => path.join(leases, '1.json.tmp'),
    'a torn end to be': ({ torn }) => path.join(torn, 'results.jsonl.0-9'),
  };
  for (const [what, placeOf] of Object.entries(links)) {
    it(`is not followed: ${what} as a link is refused, and what it leads to stays as it is (P5)`, () =>
      inWorld({ rows: 2 }, async (world) => {
        await world.plan();
        const place = placeOf(layoutOf(world));
        const isFolder = await stat(place).then(
          (found) => found.isDirectory(),
          () => false,
        );
        const target = path.join(world.dir, 'treasure');
        const kept = isFolder ? path.join(target, 'kept') : target;
        await mkdir(path.dirname(kept), { recursive: true });
        await writeFile(kept, treasure);
        await rm(place, { recursive: true, force: true });
        await mkdir(path.dirname(place), { recursive: true });
        await symlink(target, place);
        const refused = withCode('corruptState', /is a link or another special file/);
        await assert.rejects(world.state().readRun(world.runId), refused);
        await assert.rejects(world.state().driveRun(world.runId, { kind: 'cli' }), refused);
        await assert.rejects(world.state().request(world.runId, { kind: 'stop' }), refused);
        assert.deepEqual(await readdir(path.dirname(kept)), isFolder ? ['kept'] : ['.batchbook', 'treasure']);
        assert.equal(await readFile(kept, 'utf8'), treasure);
      }));
  }

  it('is not followed where processes take turns, nor written through by the ignore file', () =>
    inWorld({}, async (world) => {
      const target = path.join(world.dir, 'treasure');
      await mkdir(target);
      await writeFile(path.join(target, '1.json'), treasure);
      await mkdir(path.join(world.stateDir, 'turns'), { recursive: true });
      await symlink(target, path.join(world.stateDir, 'turns/start'));
      await symlink(path.join(target, '1.json'), path.join(world.stateDir, '.gitignore'));
      await assert.rejects(
        world.state().exclusively('start', async () => undefined),
        withCode('corruptState', /is a link/),
      );
      await world.plan();
      assert.equal(await readFile(path.join(target, '1.json'), 'utf8'), treasure);
    }));

  it('names no payload outside its folder: such a batch in the journal is not read', () =>
    inWorld({ rows: 1 }, async (world) => {
      await world.plan();
      const intended = {
        ...{ n: 1, e: 'batchIntended', at: 1, nonce: '../../../../treasure', provider: 'mock' },
        ...{ model: 'mock-small', rows: [[0, 0]], payloadHash: '', bytes: 1, reservedNanoUsd: 1 },
      };
      await appendFile(layoutOf(world).journal, `${JSON.stringify(intended)}\n`);
      await assert.rejects(
        world.state().readRun(world.runId),
        withCode('corruptState', /journal.jsonl line 2/),
      );
    }));
});

describe('A disk that fails', () => {
  for (const [how, fault] of [
    ['is full', 'full'],
    ['writes short without a word', 'short'],
    ['cannot flush', 'sync'],
  ] as const) {
    it(`${how} poisons the writer: nothing more is sent or written, and a resume loses nothing`, () =>
      inWorld({ rows: 6, settings: { jobsPerBatch: 2, maxConcurrent: 1 } }, async (world) => {
        await world.plan();
        let writes = 0;
        // The second intent: one batch has been sent.
        const disk = failingDisk(fault, (file, text) => {
          writes += file === 'journal.jsonl' && (text.includes('"batchIntended"') || text === '') ? 1 : 0;
          return fault === 'sync' ? writes > 5 : writes > 1;
        });
        const state = world.state(disk);
        await assert.rejects(world.resume({ state }), withCode('disk'));
        assert.ok(world.service.ledger().batches.length <= 2);
        let status = await world.resume();
        if (status.state === 'needsDecision') {
          // The intent was written and never flushed: nobody but the person knows that it was not sent.
          await world.state().request(world.runId, { kind: 'resend' });
          status = await world.resume();
        }
        assert.equal(status.counts.ok, 6);
        const rows = world.service.ledger().batches.flatMap((batch) => batch.rows.map((row) => row.ordinal));
        assert.deepEqual(rows.toSorted(), [0, 1, 2, 3, 4, 5], 'no row was sent twice');
      }));
  }

  it('refuses every further write until the file is opened and repaired again', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-log-'));
    try {
      const file = path.join(dir, 'a.jsonl');
      let failing = true;
      const log = await AppendLog.open(
        failingDisk('full', () => failing),
        file,
        path.join(dir, 'torn'),
      );
      await assert.rejects(log.append(Buffer.from('one\n')), withCode('disk', /ENOSPC/));
      failing = false;
      await assert.rejects(log.append(Buffer.from('two\n')), withCode('disk', /failed before/));
      await log.close();
      const again = await AppendLog.open(realDisk, file, path.join(dir, 'torn'));
      await again.append(Buffer.from('three\n'));
      await again.sync();
      await again.close();
      assert.equal(await readFile(file, 'utf8'), 'three\n');
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('and another process that writes to the same file is noticed', () =>
    driven({ rows: 1 }, async (writer, _world, layout) => {
      await appendFile(layout.journal, 'x');
      await assert.rejects(writer.append(LIMIT), withCode('disk', /another process/));
      assert.equal(writer.ledger.money.limitNanoUsd, undefined, 'what was not written was not applied');
    }));
});

describe('The journal', () => {
  it('is on disk before an event is applied, and listeners hear of it after', () =>
    driven({ rows: 1 }, async (writer, _world, layout) => {
      const heard: (number | undefined)[] = [];
      const stop = writer.onChange(() => heard.push(writer.ledger.money.limitNanoUsd));
      const writing = writer.append(LIMIT);
      assert.equal(writer.ledger.money.limitNanoUsd, undefined);
      await writing;
      assert.deepEqual(heard, [5]);
      assert.match(await readFile(layout.journal, 'utf8'), /"limitSet"/);
      stop();
      await writer.append(NOTICE);
      assert.deepEqual(heard, [5]);
    }));

  it('ignores the events of an epoch that had already lost the run', () =>
    driven({ rows: 1 }, async (writer, world, layout) => {
      await writer.release();
      const second = await world.state().driveRun(world.runId, { kind: 'cli' });
      assert.equal(second.epoch, writer.epoch + 1);
      await second.release();
      const stale = encodeEvent({ event: LIMIT, epoch: writer.epoch }, () => undefined);
      await appendFile(layout.journal, stale);
      const reader = await world.state().readRun(world.runId);
      assert.equal(reader.ledger.money.limitNanoUsd, undefined);
    }));

  it('is read on by readers that watch, once for every event, also when they ask twice at a time', () =>
    driven({ rows: 2 }, async (writer, world) => {
      const reader = await world.state().readRun(world.runId);
      assert.equal(await reader.refresh(), false);
      await writer.append({ e: 'writtenOff', at: 1, nanoUsd: 0 }, NOTICE);
      const answers = await Promise.all([reader.refresh(), reader.refresh()]);
      assert.deepEqual(answers, [true, false]);
      assert.equal(reader.ledger.notices.length, 1);
    }));

  it('keeps every kind of event as it was', () => {
    const events: RunEvent[] = [
      { e: 'runCreated', at: 1, rows: 2, planSha256: 'ff' },
      { e: 'leaseTaken', at: 1, holder: 'cli 1' },
      {
        e: 'confirmed',
        at: 1,
        by: 'flag',
        rows: 1,
        bytes: 2,
        expectedNanoUsd: 3,
        worstNanoUsd: 4,
        destinations: ['x'],
      },
      { e: 'rowsReused', at: 1, run: 'r', rows: [[0, 1, 2, 3]] },
      {
        e: 'rowReplanned',
        at: 1,
        row: 0,
        inputHash: 'h',
        estimate: { bytes: 1, inputTokens: 2, reservedNanoUsd: 3, expectedNanoUsd: 4 },
      },
      {
        e: 'batchIntended',
        at: 1,
        nonce: 'n',
        provider: 'p',
        model: 'm',
        rows: [[0, 1]],
        payloadHash: 'h',
        bytes: 1,
        reservedNanoUsd: 2,
        reservations: [1, 1],
      },
      { e: 'batchAccepted', at: 1, nonce: 'n', batchId: 'b', keyFingerprint: 'abcdef01', adopted: true },
      { e: 'batchRejected', at: 1, nonce: 'n', code: 'queueFull', message: 'm' },
      { e: 'batchUncertain', at: 1, nonce: 'n', message: 'm' },
      {
        e: 'batchLooked',
        at: 1,
        nonce: 'n',
        look: 1,
        candidates: [{ batchId: 'b', certain: false, createdAt: 1, rows: 2, state: 'running' }],
        ruledOut: ['c'],
      },
      { e: 'batchAccepted', at: 1, nonce: 'n', batchId: 'b', adopted: true, unproved: true, createdAt: 2 },
      { e: 'batchState', at: 1, nonce: 'n', state: 'running', raw: 'in_progress', completed: 1 },
      { e: 'rowsFinished', at: 1, nonce: 'n', rows: [[0, 1, 'ok', 0, 9, 8, null, 1, 2]] },
      { e: 'batchClosed', at: 1, nonce: 'n', lines: 1, strays: 0, endedAt: 2, queueFull: true },
      { e: 'batchAbandoned', at: 1, nonce: 'n', reason: 'r' },
      {
        e: 'batchWithdrawn',
        at: 1,
        nonce: 'n',
        moveTo: { model: 'm', provider: 'p', origin: null, worstNanoUsd: 1, shown: 's' },
      },
      {
        e: 'rowsMoved',
        at: 1,
        model: 'm',
        provider: 'p',
        maxTokens: 5,
        retry: { truncated: 1, invalid: 2, transient: 3, missing: 4 },
        rows: [[0, 'h', 1, 2, 3, 4]],
      },
      {
        e: 'rowsWritten',
        at: 1,
        rows: [
          [0, 'out/docs/a.md.json', '0f'.repeat(32)],
          [1, 'out/docs/b.md.json', 'f0'.repeat(32)],
          [2, 'elsewhere.txt', '00'.repeat(32)],
          [3, 'other/data.csv', '11'.repeat(32)],
          [0, null, '22'.repeat(32)],
        ],
      },
      { e: 'limitSet', at: 1, limitNanoUsd: null },
      { e: 'writtenOff', at: 1, nanoUsd: 5 },
      { e: 'requestHandled', at: 1, id: 'i', kind: 'stop' },
      { e: 'cancelRequested', at: 1 },
      { e: 'continued', at: 1 },
      { e: 'retryRequested', at: 1, rows: [[0, 0]] },
      { e: 'notice', at: 1, code: 'c', message: 'm' },
      { e: 'runEnded', at: 1, state: 'stopped', reason: 'r', code: 'auth' },
    ];
    const sourceOf = (ordinal: number): string | undefined =>
      ['docs/a.md', 'docs/b.md', 'docs/c.md', ''][ordinal];
    for (const [i, event] of events.entries()) {
      const line = encodeEvent({ event, epoch: 3 }, sourceOf);
      assert.ok(line.endsWith('\n') && !line.slice(0, -1).includes('\n'));
      assert.deepEqual(decodeEvent(line.trimEnd(), i, sourceOf), { event, epoch: 3 });
    }
    const written = encodeEvent({ event: events.find(({ e }) => e === 'rowsWritten')!, epoch: 3 }, sourceOf);
    assert.match(written, /"paths":\[\["out\/",".json"\],"elsewhere.txt","other\/data.csv",null\]/);
  });

  it('of before 0.2 name candidates by their ids alone, which are looked up anew', () => {
    const line = '{"n":1,"e":"batchLooked","at":1,"nonce":"n","look":4,"candidates":["b","c"]}';
    const { event } = decodeEvent(line, 1, () => undefined);
    assert.deepEqual(event, { e: 'batchLooked', at: 1, nonce: 'n', look: 4, candidates: [] });
  });

  it('and the plan keep a row as it was, with its cell only where the id does not tell it', () => {
    const estimate = { bytes: 1, inputTokens: 2, reservedNanoUsd: 3, expectedNanoUsd: 4 };
    const id = `summary-${'a'.repeat(26)}`;
    for (const row of [
      { id, cell: 'summary', source: 'a.md', inputHash: 'h', estimate },
      { id: 'my own', cell: 'jobs-1', source: '', inputHash: 'h', estimate },
      { id, cell: 'other', source: 'ä\n"', inputHash: 'h', estimate },
    ]) {
      assert.deepEqual(decodePlannedRow(encodePlannedRow(row).trimEnd(), 1), row);
    }
    assert.ok(
      !encodePlannedRow({ id, cell: 'summary', source: '', inputHash: '', estimate }).includes('cell'),
    );
  });
});

describe('Results', () => {
  it('whose bytes a power cut has lost do not count: their batch is fetched again, in whatever order (P1)', () =>
    inWorld({ rows: 6 }, async (world) => {
      await world.plan();
      // Dies after the rows are journalled and before the batch is closed.
      const registry = withProvider(world, (provider) => ({
        results: async function* (id: string, signal: AbortSignal) {
          yield* provider.results(id, signal);
        },
      }));
      const dying = failingDisk('full', (_file, text) => text.includes('"batchClosed"'));
      await assert.rejects(world.resume({ ...registry, state: world.state(dying) }), withCode('disk'));
      const layout = layoutOf(world);
      const before = await world.state().readRun(world.runId);
      assert.equal(before.ledger.rows.filter((row) => row.status === 'ok').length, 6);
      // The power cut keeps the journal's line and a third of the results.
      await truncate(layout.results, Math.floor((await stat(layout.results)).size / 3));
      const after = await world.state().readRun(world.runId);
      assert.equal(after.ledger.rows.filter((row) => row.status === 'ok').length, 2);
      assert.equal(after.ledger.rows.filter((row) => row.status === 'submitted').length, 4);
      const reversed = withProvider(world, (provider) => ({
        results: async function* (id: string, signal: AbortSignal) {
          yield* (await Array.fromAsync(provider.results(id, signal))).reverse();
        },
      }));
      const status = await world.resume(reversed);
      assert.equal(status.counts.ok, 6);
      assert.equal(world.service.ledger().batches.length, 1);
      const results = await resultsOf(world); // by a reader of its own, from the whole journal
      results.forEach((result, ordinal) => {
        assert.ok(result.response?.endsWith(`Prompt ${String(ordinal)}`));
      });
      const spent = Math.round(status.costUsd.spent * 1e9);
      assert.equal(spent, world.service.ledger().billedNanoUsd, 'every row is accounted once');
    }));

  it('that were changed are told where, never shown', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.run();
      const { results } = layoutOf(world);
      const text = await readFile(results, 'utf8');
      await writeFile(results, text.replace('Answer', 'answer'));
      await assert.rejects(resultsOf(world), withCode('corruptState', /changed at byte 0/));
    }));

  it('of a row without one cannot be asked for', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.plan();
      const { jobResultOf } = await import('../../../src/core/assembleResult.ts');
      const reader = await world.state().readRun(world.runId);
      assert.throws(() => jobResultOf(reader, 0), withCode('state', /no result yet/));
    }));
});

describe('Requests', () => {
  it('are kept whole and in order; what is no request of ours is left where it is and ignored', () =>
    driven({ rows: 1 }, async (writer, world, layout) => {
      const ids = [
        await world.state().request(world.runId, { kind: 'setLimit', limitNanoUsd: 7 }),
        await world.state().request(world.runId, { kind: 'resend', nonce: 'n' }),
      ];
      const foreign = path.join(layout.requests, `${'z'.repeat(26)}.json`);
      await writeFile(foreign, '{"kind":"deleteEverything"}');
      await writeFile(path.join(layout.requests, `${'y'.repeat(26)}.json`), 'no JSON');
      await writeFile(path.join(layout.requests, 'README.md'), 'Hello');
      const waiting = await writer.pendingRequests();
      assert.deepEqual(waiting.map((request) => request.id).toSorted(), ids.toSorted());
      assert.ok(waiting.some((request) => request.kind === 'setLimit' && request.limitNanoUsd === 7));
      await writer.removeRequest(ids[0] ?? '');
      assert.equal((await writer.pendingRequests()).length, 1);
      assert.ok((await stat(foreign)).isFile());
    }));

  it('wake the driver over its socket', () =>
    driven({ rows: 1 }, async (writer, world) => {
      const woken = Promise.withResolvers<undefined>();
      const stop = writer.onWake(() => {
        woken.resolve(undefined);
      });
      await world.state().request(world.runId, { kind: 'continue' });
      await woken.promise;
      stop();
    }));
});

describe('The wake socket', () => {
  it('hears its two words and nothing else, and a closed one is no error', async () => {
    const heard: string[] = [];
    const socket = await listenForWake(tmpdir(), (word) => heard.push(word));
    await wakeHolder(socket.address);
    const { askHandOver } = await import('../../../src/state/wakeSocket.ts');
    await askHandOver(socket.address);
    const net = await import('node:net');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    net
      .connect(socket.address, function (this: import('node:net').Socket) {
        this.end('rm -rf /');
      })
      .once('close', () => {
        resolve(undefined);
      });
    await promise;
    assert.deepEqual(heard, ['wake', 'handOver']);
    await socket.close();
    await wakeHolder(socket.address);
  });
});

describe('The socket of a lease that came with a folder', () => {
  it('is not spoken to unless it is named as ours are', async () => {
    if (process.platform === 'win32') return; // pipes are all in one place there
    const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-socket-'));
    const heard: string[] = [];
    const listen = (name: string): Promise<Server> =>
      new Promise((resolve) => {
        const server = createServer((connection) => {
          connection.on('data', (data) => heard.push(`${name}: ${data.toString()}`));
        });
        server.listen(path.join(dir, name), () => resolve(server));
      });
    const ours = `batchbook-${'0a'.repeat(10)}.sock`;
    const servers = [await listen('other.sock'), await listen(ours)];
    try {
      await wakeHolder(path.join(dir, 'other.sock'));
      await wakeHolder(path.join(dir, ours));
      assert.deepEqual(heard, [`${ours}: wake`]);
    } finally {
      for (const server of servers) server.close();
      await rm(dir, { recursive: true });
    }
  });
});

describe('readLines', () => {
  it('gives terminated lines with number and end, whatever their length, and leaves an unterminated one', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'batchbook-lines-'));
    try {
      const file = path.join(dir, 'a');
      const long = 'ä'.repeat(300_000);
      await writeFile(file, `one\n\n${long}\nrest`);
      const lines = await Array.fromAsync(readLines(file));
      assert.deepEqual(
        lines.map((line) => line.text),
        ['one', '', long],
      );
      assert.deepEqual(
        lines.map((line) => line.number),
        [1, 2, 3],
      );
      assert.deepEqual(
        lines.map((line) => line.end),
        [4, 5, 600_006],
      );
      assert.deepEqual((await Array.fromAsync(readLines(file, 4, 2)))[0], { text: '', number: 2, end: 5 });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('The state folder', () => {
  it('can be moved with all its runs', () =>
    inWorld({ rows: 2 }, async (world) => {
      await world.run();
      const moved = path.join(world.dir, 'moved', 'state');
      await mkdir(path.dirname(moved));
      await cp(world.stateDir, moved, { recursive: true });
      const state = new FileStateManager({ dir: moved, disk: realDisk, clock: world.clock });
      assert.equal((await state.readRun(world.runId)).ledger.phase, 'finished');
    }));
});

/** A real disk on which appends and syncs of some files fail. */
function failingDisk(fault: 'full' | 'short' | 'sync', fails: (file: string, text: string) => boolean): Disk {
  return {
    ...realDisk,
    openAppend: async (file): Promise<AppendFile> => {
      const handle = await realDisk.openAppend(file);
      const name = path.basename(file);
      return {
        ...handle,
        append: async (bytes) => {
          const text = Buffer.from(bytes).toString();
          if (fault === 'sync' || !fails(name, text)) {
            await handle.append(bytes);
            return;
          }
          await handle.append(bytes.subarray(0, Math.floor(bytes.length / 2)));
          if (fault === 'full')
            throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        },
        sync: async () => {
          if (fault === 'sync' && fails(name, '')) throw new Error('EIO');
          await handle.sync();
        },
      };
    },
  };
}

async function treeOf(dir: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    tree[file] = entry.isFile() ? await readFile(file, 'utf8') : '';
  }
  return tree;
}
