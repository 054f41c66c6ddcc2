import type { ModelConfig } from '../../../../src/core/modelConfig.ts';

/** A model as the models endpoint tells of it: limits and what it can do. */
export function modelInfo(model: ModelConfig): unknown {
  const can = (supported: boolean): unknown => ({ supported });
  const effort = (level: 'low' | 'medium' | 'high' | 'xhigh' | 'max'): unknown =>
    can(model.efforts?.includes(level) === true);
  return {
    type: 'model',
    id: model.name,
    display_name: model.name.replaceAll('-', ' '),
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    line: /haiku|sonnet|opus|fable|mythos/.exec(model.name)?.[0] ?? null,
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: model.maxInputTokens,
    max_tokens: model.maxOutputTokens,
    capabilities: {
      batch: can(true),
      citations: can(model.supportsCitations),
      code_execution: can(false),
      context_management: {
        supported: false,
        clear_thinking_20251015: null,
        clear_tool_uses_20250919: null,
        compact_20260112: null,
      },
      effort: {
        supported: (model.efforts ?? []).length > 0,
        low: effort('low'),
        medium: effort('medium'),
        high: effort('high'),
        xhigh: effort('xhigh'),
        max: effort('max'),
      },
      image_input: can(model.supportsImages),
      pdf_input: can(model.fileTypes.includes('pdf')),
      server_tools: { supported: false, code_execution: can(false), web_search: can(false) },
      structured_outputs: can(model.supportsStructuredOutput),
      thinking: {
        supported: true,
        types: { adaptive: can(true), between_tools: can(false), disabled: can(true), enabled: can(true) },
      },
    },
  };
}
