import assert from 'node:assert/strict';
import { confirmState } from '../../src/host/confirm/confirmState.ts';
import { FileGroups } from '../../src/host/confirm/fileGroups.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';
import { HOSTILE, planOf } from '../support/confirmPlans.ts';

function stateOf(plan: JobPlan): ReturnType<typeof confirmState> {
  return confirmState(plan, new FileGroups(plan), { revision: 1, busy: false, news: '' });
}

describe('the page before sending (P7)', () => {
  it('says how much leaves, where to, and what it may cost', () => {
    const { facts, title, actions, footnote } = stateOf(planOf());
    assert.equal(title, 'What leaves this machine');
    assert.deepEqual(
      facts.map(({ label, value, note, details }) => [label, `${value} ${note}`, ...details]),
      [
        ['Rows', '3,000 1.3 GB'],
        ['Tokens, estimated', '45.1 M in, up to 6 M out'],
        ['Goes to', 'Anthropic claude-haiku-5-5', 'https://api.anthropic.com'],
        ['Costs', '$2.74 at most $3.76, limit $5.00', 'prices of 2026-11-10'],
      ],
    );
    assert.deepEqual(actions, { send: 'Send 3,000 Rows', pilot: 'Pilot of 20 First', cancel: 'Cancel' });
    assert.match(footnote, /must fit under \$5\.00/);
  });

  it('leaves files that stay here to their list, and shows what else is to be known', () => {
    const at = { line: 1, column: 1, endLine: 1, endColumn: 1 };
    const warning = { severity: 'warning', file: 'a.batch.json', path: '', range: at } as const;
    const { notes } = stateOf(
      planOf({
        warnings: [
          { ...warning, message: 'Left out: empty.md is empty (0 bytes).', about: 'leftOut' },
          { ...warning, message: 'Hardly meant.' },
        ],
      }),
    );
    assert.ok(notes.lines.includes('Hardly meant.'));
    assert.ok(!notes.lines.some((note) => note.startsWith('Left out')), notes.lines.join());
  });

  it('groups inputs by folder and table, and opens each by an id of its own', () => {
    const plan = planOf();
    const groups = new FileGroups(plan);
    assert.deepEqual(
      groups.sent.map(({ label, count, size }) => [label, count, size]),
      [
        ['contracts/a', '2 files', '3.0 kB'],
        ['people.csv', '1 row', '10 B'],
        ['the workspace folder itself', '1 file', '5 B'],
      ],
    );
    assert.deepEqual(groups.filesOf(groups.sent[0]?.id ?? '').files, [
      { name: 'one.md', size: '1.0 kB' },
      { name: HOSTILE, size: '2.0 kB' },
    ]);
    assert.deepEqual(groups.filesOf('../../etc/passwd'), { files: [], more: '' });
  });

  it('groups by what an input is, not by what its name looks like', () => {
    const plan = planOf({
      rows: [
        {
          id: 'hello-1',
          cell: 'hello',
          source: '',
          inputHash: '',
          estimate: { bytes: 1, inputTokens: 1, reservedNanoUsd: 1, expectedNanoUsd: 1 },
        },
      ],
      sources: ['notes/c#.md', 'people.csv#a/b', 'people.csv#hash#2', 'hello-1'].map((source) => ({
        source,
        bytes: 1,
      })),
    });
    const groups = new FileGroups(plan);
    assert.deepEqual(
      groups.sent.map(({ id, label, count }) => [label, count, groups.filesOf(id ?? '').files[0]?.name]),
      [
        ['notes', '1 file', 'c#.md'],
        ['people.csv', '2 rows', 'a/b'],
        ['Messages of contracts.batch.json', '1 row', 'hello-1'],
      ],
    );
  });

  it('lists what is beyond the folders shown with its folder, and says what it does not list', () => {
    const many = Array.from({ length: 1_300 }, (_, i) => ({ source: `${String(i)}/same.md`, bytes: 1_000 }));
    const groups = new FileGroups(planOf({ sources: many }));
    assert.equal(groups.sent.length, 201);
    const rest = groups.sent.at(-1);
    assert.deepEqual([rest?.label, rest?.count, rest?.size], ['1,100 more folders', '1,100 files', '1.1 MB']);
    const { files, more } = groups.filesOf(rest?.id ?? '');
    assert.deepEqual([files.length, files[0]?.name, more], [1_000, '200/same.md', 'and 100 more']);
  });

  it('shows what could make one name look like another, wherever it comes from', () => {
    const turned = 'a\u202egnp.exe\nb.md';
    const plan = planOf({
      sources: [{ source: `${turned}/${turned}`, bytes: 1 }],
      likelySecrets: [{ source: turned, what: 'a password' }],
      leftOut: [{ cell: 'a', path: turned, reason: 'binary', why: 'is not text' }],
      notices: [turned],
    });
    const groups = new FileGroups(plan);
    const state = confirmState(plan, groups, { revision: 1, busy: false, news: '' });
    const lists = [...state.sent.folders, ...state.stays.groups].map(({ id }) => groups.filesOf(id ?? ''));
    const all = JSON.stringify([state, lists]);
    assert.equal(all.split('a\ufffdgnp.exe\ufffdb.md').length - 1, 5);
    assert.doesNotMatch(all, /\\n|\u202e/);
  });

  it('says whether the number of batches is exact, and of one what is one', () => {
    const summaryOf = (summary: Partial<JobPlan['summary']>): string =>
      stateOf(planOf({ summary })).sent.summary;
    assert.equal(summaryOf({ batchesAreExact: true }), '3,000 requests in 13 batches, 4 at once');
    assert.equal(summaryOf({}), '3,000 requests in about 13 batches, 4 at once');
    assert.equal(summaryOf({ rowsToSend: 1, batches: 1 }), '1 request in 1 batch');
    assert.equal(
      summaryOf({ pilot: 20 }),
      '3,000 requests in about 13 batches, 4 at once; 20 of them first, as a pilot',
    );
  });

  it('shows an address that is not the vendor’s, and does not send without a key', () => {
    const [destination] = planOf().summary.destinations;
    assert.ok(destination);
    const foreign = { ...destination, origin: 'https://proxy.example', isVendor: false, hasKey: false };
    const { cautions, blocked } = stateOf(planOf({ summary: { destinations: [foreign] } }));
    assert.match(cautions.join('\n'), /proxy\.example, which is not a vendor’s own address/);
    assert.match(blocked ?? '', /no key of Anthropic for https:\/\/proxy\.example.*Set API Key/);
  });

  it('says what stays here and why, and puts likely secrets first', () => {
    const state = stateOf(
      planOf({
        leftOut: [
          { cell: 'a', path: 'x.png', reason: 'binary', why: 'is not text' },
          { cell: 'a', path: 'y.png', reason: 'binary', why: 'is not text' },
        ],
        likelySecrets: [{ source: 'contracts/a/one.md', what: 'a password' }],
        summary: { rowsReused: 8 },
      }),
    );
    assert.deepEqual(state.stays.groups.map(({ label, count }) => `${label} ${count}`.trim()).slice(0, 2), [
      '8 rows that earlier runs have answered already',
      'Each is not text 2 files',
    ]);
    assert.deepEqual(state.secrets?.items, ['contracts/a/one.md: a password']);
    assert.equal(state.secrets.leaveOut, 'Leave It Out');
  });

  it('calls what is free free, and what stays on this machine by its name', () => {
    const { facts, title } = stateOf(
      planOf({
        summary: {
          worstNanoUsd: 0,
          expectedNanoUsd: 0,
          destinations: [
            {
              provider: 'offline',
              title: 'offline',
              model: 'offline-extractive',
              origin: undefined,
              caveat: 'extractive, not an AI model',
              isVendor: true,
              hasKey: true,
              rows: 4,
            },
          ],
        },
      }),
    );
    assert.equal(title, 'What is worked on');
    assert.deepEqual(
      facts.slice(2).map(({ value, note, details }) => [value, note, ...details]),
      [
        ['this machine', 'offline-extractive', 'extractive, not an AI model'],
        ['free', ''],
      ],
    );
  });
});
