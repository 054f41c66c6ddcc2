import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import {
  isFiltered,
  type Outcome,
  type Query,
  type ResultsState,
  type Rule,
  type ViewState,
} from '../../protocol/resultsSurface.ts';
import { icon } from '../parts/icon.ts';
import { outcomeIcon } from '../parts/outcomeIcon.ts';
import { comparisonHint, comparisonIn } from './comparison.ts';

export interface FilterActions {
  readonly ask: (change: Partial<Query>) => void;
  readonly clear: () => void;
  /** Shows or hides the form for another rule. */
  readonly toggleForm: () => void;
}

type Op = Rule['op'];

/** Chips of outcomes, models, problems and rules, and always how many rows they leave. */
export function filterBar(
  state: ResultsState,
  view: ViewState,
  isFormOpen: boolean,
  actions: FilterActions,
): TemplateResult {
  const { query, chips, models, totalText } = state;
  return html`<div class="filters" role="group" aria-label=${l10n.t('Filters')}>
      <button
        type="button"
        class="chip"
        aria-pressed=${query.outcomes.length === 0}
        @click=${() => {
          actions.ask({ outcomes: [] });
        }}
      >
        ${l10n.t('All {0}', totalText)}
      </button>
      ${chips.map(
        ({ outcome, word, count }) =>
          html`<button
            type="button"
            class="chip"
            aria-pressed=${query.outcomes.includes(outcome)}
            @click=${() => {
              actions.ask({ outcomes: toggled(query.outcomes, outcome) });
            }}
          >
            ${outcomeIcon(outcome)}${word} ${count}
          </button>`,
      )}
      <button
        type="button"
        class="chip"
        aria-pressed=${query.problems}
        @click=${() => {
          actions.ask({ problems: !query.problems });
        }}
      >
        ${icon('bug')}${l10n.t('has a problem')}
      </button>
      ${
        models.length > 1
          ? models.map(
              (model) =>
                html`<button
                  type="button"
                  class="chip"
                  aria-pressed=${query.model === model}
                  @click=${() => {
                    actions.ask({ model: query.model === model ? undefined : model });
                  }}
                >
                  ${icon('symbol-namespace')}${model}
                </button>`,
            )
          : nothing
      }
      ${
        query.batch === undefined
          ? nothing
          : removableChip('layers', l10n.t('Batch {0}', query.batch.toLocaleString()), () => {
              actions.ask({ batch: undefined });
            })
      }
      ${query.rules.map((rule, i) =>
        ruleChip(rule, state, () => {
          actions.ask({ rules: query.rules.filter((_, at) => at !== i) });
        }),
      )}
      <button type="button" class="act" aria-expanded=${isFormOpen} @click=${actions.toggleForm}>
        ${icon('add')}<span>${l10n.t('Filter')}</span>
      </button>
      <span class="grow"></span>
      <span class="counted" role="status"
        >${view.complete || view.failure !== '' ? '' : `${l10n.t('Searching')} … `}<strong
          >${view.counted}</strong
        >
        ${l10n.t('rows')}</span
      >
      ${
        isFiltered(query)
          ? html`<button type="button" class="link" @click=${actions.clear}>
              ${l10n.t('Clear')} <kbd>Esc</kbd>
            </button>`
          : nothing
      }
    </div>
    ${isFormOpen ? ruleForm(state, actions) : nothing}`;
}

function toggled(outcomes: readonly Outcome[], outcome: Outcome): readonly Outcome[] {
  return outcomes.includes(outcome) ? outcomes.filter((one) => one !== outcome) : [...outcomes, outcome];
}

function ruleChip(rule: Rule, { columns }: ResultsState, remove: () => void): TemplateResult {
  const label = columns.find(({ id }) => id === rule.column)?.label ?? rule.column.replace(/^field:/, '');
  const words = `${label} ${opWord(rule.op)}${rule.op === 'isEmpty' ? '' : ` “${rule.value}”`}`;
  return removableChip('filter', words, remove);
}

function removableChip(name: string, words: string, remove: () => void): TemplateResult {
  return html`<span class="chip rule"
    >${icon(name)}<span class="clip">${words}</span
    ><button type="button" class="act" aria-label=${l10n.t('Remove filter: {0}', words)} @click=${remove}>
      ${icon('close')}
    </button></span
  >`;
}

function ruleForm({ columns, query }: ResultsState, actions: FilterActions): TemplateResult {
  const isNumber = (column: string): boolean => columns.find(({ id }) => id === column)?.kind === 'number';
  const ops: readonly Op[] = ['contains', 'is', 'isNot', 'less', 'atMost', 'more', 'atLeast', 'isEmpty'];
  return html`<form
    class="rule-form"
    aria-label=${l10n.t('Another filter')}
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget as HTMLFormElement);
      const [column, op, value] = ['column', 'op', 'value'].map((name) => data.get(name));
      if (typeof column !== 'string' || typeof op !== 'string' || typeof value !== 'string') return;
      actions.toggleForm();
      const comparison = isNumber(column) ? comparisonIn(value) : undefined;
      actions.ask({ rules: [...query.rules, { column, ...(comparison ?? { op: op as Op, value }) }] });
    }}
  >
    <select
      name="column"
      aria-label=${l10n.t('Column')}
      @change=${({ currentTarget }: Event) => {
        const { form, value } = currentTarget as HTMLSelectElement;
        const input = form?.querySelector('input');
        if (input) input.placeholder = isNumber(value) ? comparisonHint() : l10n.t('Value');
      }}
    >
      ${columns.map(({ id, label }) => html`<option value=${id}>${label}</option>`)}
    </select>
    <select name="op" aria-label=${l10n.t('Comparison')}>
      ${ops.map((op) => html`<option value=${op}>${opWord(op)}</option>`)}
    </select>
    <input
      name="value"
      type="text"
      maxlength="500"
      aria-label=${l10n.t('Value')}
      placeholder=${l10n.t('Value')}
    />
    <button type="submit" class="second">${l10n.t('Add Filter')}</button>
  </form>`;
}

function opWord(op: Op): string {
  switch (op) {
    case 'contains':
      return l10n.t('contains');
    case 'is':
      return l10n.t('is');
    case 'isNot':
      return l10n.t('is not');
    case 'less':
      return '<';
    case 'atMost':
      return '≤';
    case 'more':
      return '>';
    case 'atLeast':
      return '≥';
    case 'isEmpty':
      return l10n.t('is empty');
  }
}
