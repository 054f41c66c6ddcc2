import { nanoFromUsd } from '../../src/core/money.ts';
import type { BatchStatus, RunStatus } from '../../src/core/status.ts';
import type { Shown } from '../../src/host/progress/moment.ts';
import type { HistoryEntry, Outcomes } from '../../src/workspace/historyEntries.ts';
import type { ProgressFacts } from '../../src/workspace/progressFacts.ts';
import type { RunView } from '../../src/workspace/runWatch.ts';

const MINUTE_MS = 60_000;
/** Local time, so that clocks on pages read the same everywhere. */
const START = new Date(2026, 10, 26, 9, 58).getTime();
export const NOW = START + 43 * MINUTE_MS;

/** What nobody should be able to make a page do. */
export const HOSTILE_WORDS = '<img src=x onerror=alert(1)> \u202eevil <style>*{display:none}</style>';

export interface ShownChanges {
  readonly run?: Partial<RunView>;
  readonly status?: Partial<RunStatus>;
  readonly facts?: Partial<ProgressFacts>;
  readonly shown?: Partial<Omit<Shown, 'run' | 'facts'>>;
}

/** Seven batches have ended, four are at the service, 488 rows wait. */
const ENDED: readonly (readonly [
  rows: number,
  sent: number,
  took: number,
  usd: number,
  outcomes: Outcomes,
])[] = [
  [20, 0, 6, 0.02, { ok: 20 }],
  [250, 7, 14, 0.23, { ok: 250 }],
  [250, 7, 16, 0.23, { ok: 249, refused: 1 }],
  [250, 7, 21, 0.24, { ok: 247, error: 1 }],
  [250, 7, 26, 0.22, { ok: 248 }],
  [250, 21, 18, 0.23, { ok: 249 }],
  [250, 23, 19, 0.23, { ok: 248, refused: 1 }],
];
const LIVE: readonly (readonly [rows: number, sent: number])[] = [
  [250, 28],
  [250, 33],
  [250, 39],
  [250, 42],
];

function batches(): readonly BatchStatus[] {
  const common = { provider: 'anthropic', model: 'claude-haiku-5-5', usualMs: 18 * MINUTE_MS };
  return [
    ...ENDED.map(([rows, sent, took, usd], i): BatchStatus => ({
      ...common,
      id: `msgbatch_01J${'noprqstuvw'.charAt(i)}K2`,
      nonce: `n${String(i)}`,
      rows,
      state: 'closed',
      costUsd: usd,
      expectedUsd: (0.23 * rows) / 250,
      sentAt: START + sent * MINUTE_MS,
      acceptedAt: START + sent * MINUTE_MS,
      endedAt: START + (sent + took) * MINUTE_MS,
    })),
    ...LIVE.map(([rows, sent], i): BatchStatus => ({
      ...common,
      id: `msgbatch_01J${'uvwx'.charAt(i)}C5`,
      nonce: `l${String(i)}`,
      rows,
      state: 'running',
      costUsd: 0,
      expectedUsd: 0.23,
      sentAt: START + sent * MINUTE_MS,
      acceptedAt: START + sent * MINUTE_MS,
      ageMs: (43 - sent) * MINUTE_MS,
    })),
  ];
}

function entries(): readonly HistoryEntry[] {
  const all: HistoryEntry[] = [
    { at: START, kind: 'taken', holder: 'window 4711' },
    { at: START, kind: 'agreed', rows: 3_000, worstNanoUsd: nanoFromUsd(3.76) },
  ];
  [...ENDED, ...LIVE].forEach(([rows, sent, took, usd, outcomes], i) => {
    const batch = { number: i + 1, provider: 'anthropic', rows };
    const at = START + sent * MINUTE_MS;
    all.push({ at, kind: 'sent', ...batch, reservedNanoUsd: nanoFromUsd(0.31), found: false });
    if (took === undefined || outcomes === undefined) return;
    all.push({
      at: at + took * MINUTE_MS,
      kind: 'closed',
      ...batch,
      took: took * MINUTE_MS,
      reported: 'ended',
      outcomes,
      again: rows - Object.values(outcomes).reduce((sum, n) => sum + n, 0),
      costNanoUsd: nanoFromUsd(usd ?? 0),
      queueFull: false,
    });
  });
  all.push({ at: START + 35 * MINUTE_MS, kind: 'notice', code: 'batch', message: HOSTILE_WORDS });
  return all.sort((a, b) => a.at - b.at);
}

function points(): ProgressFacts['points'] {
  const moments = [...new Set(entries().map(({ at }) => at))];
  return moments.map((at) => {
    const ended = ENDED.filter(([, sent, took]) => START + (sent + took) * MINUTE_MS <= at);
    const open = [...ENDED.filter((batch) => !ended.includes(batch)), ...LIVE].filter(
      ([, sent]) => START + sent * MINUTE_MS <= at,
    );
    const finished = ended.reduce((sum, [rows]) => sum + rows, 0);
    const submitted = open.reduce((sum, [rows]) => sum + rows, 0);
    const counts = { truncated: 0, refused: 0, invalid: 0, error: 0, cancelled: 0, ok: finished, submitted };
    return {
      at,
      counts: { ...counts, pending: 3_000 - finished - submitted },
      spentNanoUsd: nanoFromUsd(ended.reduce((sum, batch) => sum + batch[3], 0)),
      inFlightNanoUsd: nanoFromUsd((1.25 * submitted) / 1_000),
      unconfirmedNanoUsd: 0,
    };
  });
}

/** A run in the middle of its work, driven by this window, changed as a test wants it. */
export function shownRun(changes: ShownChanges = {}): Shown {
  const counts = {
    total: 3_000,
    ok: 1_509,
    truncated: 0,
    refused: 2,
    invalid: 0,
    error: 1,
    cancelled: 0,
    submitted: 1_000,
    pending: 488,
  };
  const status: RunStatus = {
    runId: '01m8ag0w15c3e604t4wa070e03',
    title: 'Supplier contracts 2026',
    state: 'running',
    counts,
    completed: 1_512,
    total: 3_000,
    reused: 0,
    costUsd: { spent: 1.4, inFlight: 1.25, unconfirmed: 0, limit: 5 },
    tokens: { input: 22_700_000, output: 1_050_000 },
    etaMs: 25 * MINUTE_MS,
    batches: batches(),
    fullQueues: [],
    notices: [],
    ...changes.status,
  };
  const { runId, title } = status;
  return {
    run: {
      runId,
      root: '/home/ada/contracts',
      title,
      createdAt: START,
      jobFile: 'supplier-contracts.batch.json',
      status,
      service: 'Anthropic',
      cells: [{ id: 'terms', model: 'claude-haiku-5-5', total: 3_000, ended: 1_512 }],
      holder: { epoch: 1, kind: 'window', host: 'here', pid: 4_711, liveness: 'alive' },
      epoch: 1,
      confirmed: true,
      interrupted: false,
      changedAt: NOW,
      ...changes.run,
    },
    facts: {
      points: points(),
      entries: entries(),
      expected: [
        [46, 1_762, 1.63],
        [51, 2_012, 1.86],
        [57, 2_262, 2.09],
        [60, 2_512, 2.32],
        [63, 2_762, 2.55],
        [68, 3_000, 2.78],
      ].map(([minute = 0, finished = 0, usd = 0]) => ({
        at: START + minute * MINUTE_MS,
        finished,
        spentNanoUsd: nanoFromUsd(usd),
      })),
      startedAt: START,
      endedAt: undefined,
      agreed: { expectedNanoUsd: nanoFromUsd(2.74), worstNanoUsd: nanoFromUsd(3.76) },
      toSend: { expectedNanoUsd: nanoFromUsd(0.45), worstNanoUsd: nanoFromUsd(0.61) },
      outcomes: [
        ...ENDED.map(([rows, , , , outcomes]) => ({
          outcomes,
          again: rows - Object.values(outcomes).reduce((sum, n) => sum + n, 0),
        })),
        ...LIVE.map(() => undefined),
      ],
      problems: [
        {
          outcome: 'refused',
          ending: 'refused',
          rows: 2,
          first: { row: 300, source: 'contracts/lumen/terms.pdf' },
          words: [],
        },
        {
          outcome: 'error',
          ending: 'unreadable',
          rows: 1,
          first: { row: 700, source: 'contracts/oder-kran/annex-2.pdf' },
          words: ['contracts/oder-kran/annex-2.pdf is not a readable PDF.', HOSTILE_WORDS],
        },
      ],
      cells: [{ id: 'terms', model: 'claude-haiku-5-5', provider: 'anthropic' }],
      refusedBy: undefined,
      ...changes.facts,
    },
    now: NOW,
    isHere: true,
    maySend: true,
    titleOf: (provider) => (provider === 'anthropic' ? 'Anthropic' : 'OpenAI'),
    hasBilling: (provider) => provider === 'anthropic',
    shownEvents: 60,
    ...changes.shown,
  };
}

/** Nobody drives it. */
const ALONE = { run: { holder: undefined }, facts: { expected: [], endedAt: NOW } } as const;

/** The states of the panel that people meet, by name. */
export function shownStates(): Readonly<Record<string, Shown>> {
  const base = shownRun();
  const { status } = base.run;
  const code = 'providerRefused';
  const words = `Anthropic: Your credit balance is too low. ${HOSTILE_WORDS}`;
  const rejected: HistoryEntry = {
    at: NOW,
    kind: 'rejected',
    number: 12,
    provider: 'anthropic',
    rows: 250,
    code,
    message: words,
  };
  const [first, ...others] = status.batches;
  const done = START + 69 * MINUTE_MS;
  const last = base.facts.points.at(-1);
  const finished = {
    ...status.counts,
    ok: 2_988,
    truncated: 4,
    refused: 2,
    invalid: 3,
    error: 3,
    submitted: 0,
    pending: 0,
  };
  const unknown = { ...(first as BatchStatus), id: 'n0', state: 'uncertain', costUsd: 0 } as const;
  return {
    running: base,
    refused: shownRun({
      run: ALONE.run,
      facts: { ...ALONE.facts, entries: [...base.facts.entries, rejected], refusedBy: 'anthropic' },
      status: { state: 'stopped', code, reason: words },
    }),
    finished: shownRun({
      run: { holder: undefined, changedAt: done },
      facts: {
        expected: [],
        endedAt: done,
        toSend: { expectedNanoUsd: 0, worstNanoUsd: 0 },
        entries: [
          ...base.facts.entries,
          { at: done, kind: 'halted', state: 'finished', reason: undefined, code: undefined },
        ],
        points: [
          ...base.facts.points,
          ...(last === undefined
            ? []
            : [
                {
                  ...last,
                  at: done,
                  counts: finished,
                  spentNanoUsd: nanoFromUsd(2.78),
                  inFlightNanoUsd: 0,
                },
              ]),
        ],
        problems: [
          {
            outcome: 'truncated',
            ending: 'truncated',
            rows: 4,
            first: { row: 2, source: 'a.pdf' },
            words: [],
          },
          {
            outcome: 'invalid',
            ending: 'invalid',
            rows: 3,
            first: { row: 3, source: 'b.pdf' },
            words: ['notice_days: is text'],
          },
          ...base.facts.problems,
        ],
      },
      status: {
        state: 'finished',
        completed: 3_000,
        counts: finished,
        costUsd: { spent: 2.78, inFlight: 0, unconfirmed: 0, limit: 5 },
        batches: status.batches.map(({ ageMs: _ageMs, ...batch }) => ({
          ...batch,
          state: 'closed',
          costUsd: batch.costUsd === 0 ? 0.23 : batch.costUsd,
          endedAt: batch.endedAt ?? done,
        })),
      },
      shown: { now: START + 75 * MINUTE_MS },
    }),
    unknown: shownRun({
      run: ALONE.run,
      facts: ALONE.facts,
      status: {
        state: 'needsDecision',
        reason: 'Nobody can tell whether a batch reached the service.',
        batches: [
          {
            ...unknown,
            message: 'The connection broke.',
            candidates: [
              { batchId: 'msgbatch_A', certain: false, rows: 20, state: 'running' },
              { batchId: 'msgbatch_B', certain: false, rows: 20, state: 'running' },
            ],
          },
          ...others,
        ],
      },
    }),
    waiting: shownRun({
      status: {
        counts: { ...status.counts, ok: 0, refused: 0, error: 0, submitted: 0, pending: 3_000 },
        completed: 0,
        batches: [],
        fullQueues: [{ provider: 'openai', model: 'gpt-6-luna', rows: 3_000, since: START + 10 * MINUTE_MS }],
      },
      facts: { problems: [], outcomes: [], expected: [] },
    }),
    offline: shownRun({
      run: {
        holder: {
          ...{ epoch: 1, kind: 'window', host: 'here', pid: 4_711, liveness: 'alive' },
          offlineSince: NOW - 10 * MINUTE_MS,
        },
      },
      facts: { expected: [] },
    }),
    pilot: shownRun({
      ...ALONE,
      status: { state: 'waiting', reason: 'The pilot of 20 rows is done: 20 ok, 0 truncated, 0 refused.' },
    }),
    elsewhere: shownRun({
      run: { holder: { epoch: 2, kind: 'cli', host: 'here', pid: 48_213, liveness: 'alive' } },
      shown: { isHere: false },
    }),
    nearLimit: shownRun({
      ...ALONE,
      status: {
        state: 'stoppedByLimit',
        reason: 'The smallest is contracts/a.pdf.',
        costUsd: { spent: 4.06, inFlight: 0.62, unconfirmed: 0, limit: 5, nearLimit: true },
      },
      facts: {
        ...ALONE.facts,
        toSend: { expectedNanoUsd: nanoFromUsd(0.5), worstNanoUsd: nanoFromUsd(0.71) },
      },
    }),
    stopped: shownRun({ ...ALONE, status: { state: 'stopped', reason: 'Stopped.' } }),
  };
}
