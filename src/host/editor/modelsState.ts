import { l10n } from 'vscode';
import type { ModelConfig } from '../../core/modelConfig.ts';
import type { ModelsState, ModelView } from '../../protocol/editorSurface.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { tokensInWords } from '../words.ts';

/** The models that a cell may name, with what a person weighs when choosing. @param keys Services that have a key. */
export function modelsState(models: readonly ModelConfig[], keys: ReadonlySet<string>): ModelsState {
  const dates = models.flatMap(({ pricesAsOf }) => pricesAsOf ?? []).sort();
  return plainTexts<ModelsState>({
    models: models.map((model) => viewOf(model, keys)),
    note: dates[0] === undefined ? '' : l10n.t('Prices of {0}, per million tokens in a batch.', dates[0]),
  });
}

function viewOf(model: ModelConfig, keys: ReadonlySet<string>): ModelView {
  const price = priceOf(model);
  return {
    name: model.name,
    provider: model.provider,
    takes: takes(model),
    ...(price === undefined ? {} : { price }),
    keySet: keys.has(model.provider),
    refuses: refuses(model),
    maxOutputTokens: model.maxOutputTokens,
    efforts: model.efforts ?? [],
  };
}

/** "$0.50 / $2.50": in and out, by the first tier. */
function priceOf({ prices, batchDiscount }: ModelConfig): string | undefined {
  const tier = prices[0]?.tiers[0];
  if (tier === undefined) return undefined;
  if (tier.input === 0 && tier.output === 0) return l10n.t('free');
  const usd = (price: number): string => `$${(price * batchDiscount).toFixed(2)}`;
  return `${usd(tier.input)} / ${usd(tier.output)}`;
}

function takes(model: ModelConfig): string {
  const inputs = [
    l10n.t('text'),
    ...(model.supportsImages ? [l10n.t('images')] : []),
    ...(model.supportsFiles ? [l10n.t('PDF')] : []),
  ];
  const features = [
    ...(model.supportsStructuredOutput ? [l10n.t('schema')] : []),
    ...(model.supportsCitations ? [l10n.t('citations')] : []),
    ...(model.supportsTemperature ? [l10n.t('temperature')] : []),
    ...(model.efforts === undefined || model.efforts.length === 0 ? [] : [l10n.t('effort')]),
  ];
  return [
    l10n.t('{0} tokens of context', tokensInWords(model.maxInputTokens)),
    inputs.join(', '),
    ...(features.length === 0 ? [] : [features.join(', ')]),
    ...(model.caveat === undefined ? [] : [model.caveat]),
  ].join(' · ');
}

function refuses(model: ModelConfig): ModelView['refuses'] {
  const reason = (what: string): string => l10n.t('{0} does not take {1}.', model.name, what);
  return {
    ...(model.supportsTemperature ? {} : { temperature: reason(l10n.t('a temperature')) }),
    ...(model.efforts === undefined || model.efforts.length === 0
      ? { effort: reason(l10n.t('an effort')) }
      : {}),
    ...(model.supportsCitations ? {} : { enableCitations: reason(l10n.t('citations')) }),
    ...(model.supportsStructuredOutput ? {} : { responseSchema: reason(l10n.t('a schema of its answers')) }),
    ...(model.supportsEcho === false
      ? { echo: l10n.t('{0} cannot give back a token of its row.', model.name) }
      : {}),
  };
}
