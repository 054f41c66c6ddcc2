import type { ModelConfig } from '../../core/modelConfig.ts';

const COMMON = {
  provider: 'mock',
  maxOutputTokens: 8192,
  batchDiscount: 0.5,
  supportsImages: false,
  supportsFiles: true,
  supportsCitations: true,
  supportsStructuredOutput: true,
  fileTypes: ['*'],
  hidden: true,
  pricesAsOf: '2026-11-10',
  caveat: 'A pretend model for tests: its answers mean nothing.',
} as const;

/** Models of the pretend service. Their prices are like real ones, so that tests of money test money. */
export const MOCK_MODELS: readonly ModelConfig[] = [
  {
    ...COMMON,
    name: 'mock-small',
    maxInputTokens: 200_000,
    supportsTemperature: true,
    prices: [
      {
        tiers: [
          { inputTokensAbove: 0, input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWrite1h: 2 },
        ],
      },
    ],
  },
  {
    ...COMMON,
    name: 'mock-large',
    maxInputTokens: 1_000_000,
    supportsTemperature: false,
    prices: [
      {
        tiers: [
          { inputTokensAbove: 0, input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75, cacheWrite1h: 6 },
          {
            inputTokensAbove: 200_000,
            input: 6,
            output: 22.5,
            cacheRead: 0.6,
            cacheWrite: 7.5,
            cacheWrite1h: 12,
          },
        ],
      },
    ],
  },
];

/** A pretend model by name. */
export function mockModel(name: string): ModelConfig | undefined {
  return MOCK_MODELS.find((model) => model.name === name);
}
