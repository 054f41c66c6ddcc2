import type { JobPlan } from '../../src/workspace/planJobFile.ts';

export const HOSTILE = '<img src=x onerror=alert(1)>.md';

/** A plan as the page before sending gets it. */
export function planOf(
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
      cacheSavingNanoUsd: 0,
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
