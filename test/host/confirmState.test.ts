import assert from 'node:assert/strict';
import { confirmState } from '../../src/host/confirm/confirmState.ts';
import { FileGroups } from '../../src/host/confirm/fileGroups.ts';
import type { JobPlan } from '../../src/workspace/planJobFile.ts';

const HOSTILE = '<img src=x onerror=alert(1)>.md';

function planOf(
  changes: Omit<Partial<JobPlan>, 'summary'> & { readonly summary?: Partial<JobPlan['summary']> } = {},
): JobPlan {
  const { summary, ...rest } = changes;
  return {
    meta: {
      format: 1,
      runId: '0'.repeat(26),
      createdAt: 0,
      title: 'Supplier contracts 2026',
      jobFile: { path: 'contracts.batch.json', sha256: '', text: '' },
      cells: [],
      settings: { maxConcurrent: 4, jobsPerBatch: 'auto', pilot: 0, resultsDir: 'results' },
    },
    rows: [],
    reuse: [],
    leftOut: [],
    likelySecrets: [],
    sources: [
      { source: 'contracts/a/one.md', bytes: 1_000 },
      { source: `contracts/a/${HOSTILE}`, bytes: 2_000 },
      { source: 'people.csv#ann', bytes: 10 },
      { source: 'top.md', bytes: 5 },
    ],
    warnings: [],
    notices: [],
    ...rest,
    summary: {
      rows: 3_000,
      rowsToSend: 3_000,
      rowsReused: 0,
      bytes: 1_260_000_000,
      inputTokens: 45_100_000,
      outputTokensAtMost: 6_000_000,
      expectedNanoUsd: 2_738_000_000,
      worstNanoUsd: 3_760_000_000,
      pricesAsOf: '2026-11-10',
      limitNanoUsd: 5_000_000_000,
      batches: 13,
      batchesAreExact: false,
      waves: 1,
      pilot: 0,
      earlierNanoUsd: 0,
      destinations: [
        {
          provider: 'anthropic',
          title: 'Anthropic',
          model: 'claude-haiku-5-5',
          origin: 'https://api.anthropic.com',
          caveat: undefined,
          isVendor: true,
          hasKey: true,
          rows: 3_000,
        },
      ],
      ...summary,
    },
  };
}

function stateOf(plan: JobPlan): ReturnType<typeof confirmState> {
  return confirmState(plan, new FileGroups(plan));
}

describe('the page before sending (P7)', () => {
  it('says how much leaves, where to, and what it may cost', () => {
    const { facts, title, actions, footnote } = stateOf(planOf());
    assert.equal(title, 'What leaves this machine');
    assert.deepEqual(
      facts.map(({ value, note }) => `${value} ${note}`),
      [
        '3,000 1.3 GB',
        '45.1 M in, up to 6 M out',
        'Anthropic claude-haiku-5-5, https://api.anthropic.com',
        '$2.74 at most $3.76, limit $5.00; prices of 2026-11-10',
      ],
    );
    assert.deepEqual(actions, { send: 'Send 3,000 Rows', pilot: 'Pilot of 20 First', cancel: 'Cancel' });
    assert.match(footnote, /must fit under \$5\.00/);
  });

  it('groups inputs by folder and table, and opens each by an id of its own', () => {
    const plan = planOf();
    const groups = new FileGroups(plan);
    assert.deepEqual(
      groups.sent.map(({ label, count, size }) => [label, count, size]),
      [
        ['contracts/a', '2 files', '3.0 kB'],
        ['people.csv', '1 rows', '10 B'],
        ['the workspace folder itself', '1 file', '5 B'],
      ],
    );
    assert.deepEqual(groups.filesOf(groups.sent[0]?.id ?? '').files, [
      { name: 'one.md', size: '1.0 kB' },
      { name: HOSTILE, size: '2.0 kB' },
    ]);
    assert.deepEqual(groups.filesOf('../../etc/passwd'), { files: [], more: '' });
  });

  it('shows an address that is not the vendor’s, and does not send without a key', () => {
    const [destination] = planOf().summary.destinations;
    assert.ok(destination);
    const foreign = { ...destination, origin: 'https://proxy.example', isVendor: false, hasKey: false };
    const { notes, blocked } = stateOf(planOf({ summary: { destinations: [foreign] } }));
    assert.match(notes.lines.join('\n'), /proxy\.example, which is not its own address/);
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
      facts.slice(2).map(({ value, note }) => [value, note]),
      [
        ['this machine', 'offline-extractive, extractive, not an AI model'],
        ['free', ''],
      ],
    );
  });
});
