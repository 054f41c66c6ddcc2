import { l10n } from 'vscode';
import type { FactState, PromptPart, PromptState } from '../../protocol/resultsSurface.ts';
import type { RowPrompt } from '../../workspace/results/rowInputs.ts';
import { plainTexts } from '../confirm/plainTexts.ts';
import { bytesInWords, number } from '../words.ts';
import { readable } from './resultsState.ts';

const PART_CHARACTERS = 60_000;

/** What was sent for a row, as a person reads it. */
export function promptState(prompt: RowPrompt): PromptState {
  if (!prompt.ok) {
    const why =
      prompt.message === ''
        ? l10n.t('What was sent cannot be shown: only the program that started this run has it.')
        : l10n.t('What was sent cannot be shown: {0}', prompt.message);
    return plainTexts({ why, note: '', parts: [], facts: [] });
  }
  return {
    why: '',
    note: prompt.isAsSent
      ? ''
      : l10n.t('The source changed after this row was sent. This is from what it is now.'),
    parts: partsOf(prompt).map(({ label, text }) => ({
      label,
      text: readable(text.slice(0, PART_CHARACTERS).replaceAll('\r\n', '\n')),
      cut:
        text.length <= PART_CHARACTERS
          ? ''
          : l10n.t('The first {0} of {1} characters.', number(PART_CHARACTERS), number(text.length)),
    })),
    facts: plainTexts(factsOf(prompt)),
  };
}

/** All of it as one text; empty where there is none. */
export function promptText(prompt: RowPrompt): string {
  return prompt.ok
    ? partsOf(prompt)
        .map(({ label, text }) => `${label}:\n${text}`)
        .join('\n\n')
    : '';
}

type Shown = Extract<RowPrompt, { ok: true }>;

function partsOf({ system, messages, schema }: Shown): readonly Omit<PromptPart, 'cut'>[] {
  return [
    ...(system === undefined ? [] : [{ label: l10n.t('System'), text: system }]),
    ...messages.map(({ role, text }) => ({
      label: role === 'user' ? l10n.t('User') : l10n.t('Assistant'),
      text,
    })),
    ...(schema === undefined ? [] : [{ label: l10n.t('Schema of the answer'), text: schema }]),
  ];
}

function factsOf({ parameters, file }: Shown): readonly FactState[] {
  const { maxTokens, temperature, effort, enableCitations } = parameters;
  const facts: readonly FactState[] = [
    {
      label: l10n.t('File'),
      value:
        file === undefined ? '' : l10n.t('{0}, {1}, before the prompt', file.path, bytesInWords(file.bytes)),
      id: '',
    },
    { label: l10n.t('Answer'), value: l10n.t('at most {0} tokens', number(maxTokens)), id: '' },
    { label: l10n.t('Temperature'), value: temperature === undefined ? '' : number(temperature), id: '' },
    { label: l10n.t('Effort'), value: effort ?? '', id: '' },
    { label: l10n.t('Citations'), value: enableCitations === true ? l10n.t('asked for') : '', id: '' },
  ];
  return facts.filter(({ value }) => value !== '');
}
