import { FREE, type ModelConfig } from '../../core/modelConfig.ts';

/** Name of the provider and the head of its batch ids. */
export const OFFLINE_PROVIDER = 'offline';

/** What must be said wherever the model shows. */
export const OFFLINE_CAVEAT = 'extractive, not an AI model';

/** The models of the offline provider, for the registry's table. */
export const OFFLINE_MODELS: readonly ModelConfig[] = [
  {
    name: 'offline-extractive',
    provider: OFFLINE_PROVIDER,
    maxInputTokens: 16_000_000,
    maxOutputTokens: 65_536,
    batchDiscount: 1,
    prices: FREE,
    supportsImages: false,
    supportsFiles: true,
    supportsCitations: false,
    supportsStructuredOutput: false,
    supportsTemperature: false,
    supportsEcho: false,
    fileTypes: ['pdf'],
    caveat: OFFLINE_CAVEAT,
  },
];
