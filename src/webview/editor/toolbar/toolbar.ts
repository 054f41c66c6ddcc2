import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { EditorModel } from '../editorModel.ts';
import { icon } from '../../parts/icon.ts';
import { newKinds } from '../insertBar.ts';
import { menu } from '../menu.ts';
import { openModelPicker } from '../modelPicker.ts';
import { roveToolbar } from '../../parts/rovingFocus.ts';
import { count } from '../words.ts';
import { estimatePopover } from './estimatePopover.ts';
import { holdInWords } from './holdInWords.ts';
import { outline } from './outline.ts';
import { runMenu } from './runMenu.ts';
import { settingsPopover } from './settingsPopover.ts';

/** The bar over the cells: ways to run and stop, money, batches at once, and the model that cells inherit. */
export function toolbar(model: EditorModel): TemplateResult {
  const { run, hold } = model;
  const held = hold === undefined ? 'false' : 'true';
  const why = hold === undefined ? nothing : holdInWords(model, hold);
  const pilot = count(model.pilotRows);
  return html`<div class="nb-bar" role="toolbar" aria-label=${l10n.t('Job file')} @keydown=${roveToolbar}>
      <button
        class="act"
        type="button"
        aria-disabled=${held}
        title=${why}
        @click=${() => void model.start({ what: 'all' })}
      >
        ${icon('run-all', hold === undefined ? 'run' : '')}<span>${l10n.t('Run All')}</span>
      </button>
      <button
        class="act icon"
        type="button"
        aria-haspopup="menu"
        aria-label=${l10n.t('More ways to run')}
        title=${l10n.t('More Ways to Run')}
        popovertarget="run-menu"
      >
        ${icon('chevron-down', 's')}
      </button>
      <button
        class="act"
        type="button"
        aria-disabled=${held}
        aria-label=${l10n.t('Pilot {0}: run {0} rows first', pilot)}
        title=${why}
        @click=${() => void model.start({ what: 'pilot', rows: model.pilotRows })}
      >
        ${icon('beaker')}<span class="t">${l10n.t('Pilot {0}', pilot)}</span>
      </button>
      <button
        class="act"
        type="button"
        aria-haspopup="menu"
        aria-label=${l10n.t('Stop')}
        ?disabled=${run === null}
        popovertarget="stop-menu"
      >
        ${icon('debug-stop')}<span class="t">${l10n.t('Stop')}</span>
      </button>
      <span class="sep" aria-hidden="true"></span>
      <button
        class="act"
        type="button"
        aria-haspopup="menu"
        aria-label=${l10n.t('Add cell')}
        popovertarget="add-menu"
      >
        ${icon('add')}<span class="t">${l10n.t('Cell')}</span>
      </button>
      <button class="act lg" type="button" aria-haspopup="menu" popovertarget="outline">
        ${icon('list-unordered')}<span>${l10n.t('Outline')}</span>
      </button>
      <div class="right">
        ${run === null ? estimateButton(model) : runState(model)}
        <button
          class="act lg"
          type="button"
          aria-haspopup="dialog"
          title=${l10n.t('Batches at Once, Rows of a Pilot, Retries')}
          popovertarget="settings"
        >
          ${icon('layers')}<span class="num">${l10n.t('{0} at once', count(concurrencyOf(model)))}</span>
        </button>
        ${modelButton(model)}
        <button
          class="act icon"
          type="button"
          aria-haspopup="menu"
          aria-label=${l10n.t('More actions')}
          title=${l10n.t('More Actions…')}
          popovertarget="more-menu"
        >
          ${icon('ellipsis')}
        </button>
      </div>
    </div>
    ${runMenu(model)} ${stopMenu(model)} ${addMenu(model)} ${moreMenu(model)} ${estimatePopover(model)}
    ${settingsPopover(model)} ${outline(model)}`;
}

function estimateButton(model: EditorModel): TemplateResult {
  const { estimate } = model;
  const limit = limitOf(model);
  const words =
    estimate.state === 'ready'
      ? html`<span class="num"
          ><span class="lg muted">${l10n.t('Estimate')} </span>${estimate.expected}<span class="lg muted"
            >, ${l10n.t('at most')} </span
          ><span class="lg">${estimate.worst}</span>${
            limit === undefined ? nothing : html`<span class="muted"> ${l10n.t('of')} </span>${limit}`
          }</span
        >`
      : html`<span class="muted"
          >${estimate.state === 'looking' ? l10n.t('Estimating…') : l10n.t('No estimate')}</span
        >`;
  return html`<button
    class="act"
    type="button"
    aria-haspopup="dialog"
    title=${l10n.t('Show How the Estimate Is Made Up')}
    popovertarget="estimate"
  >
    ${icon('credit-card')}${words}
  </button>`;
}

function runState({ run }: EditorModel): TemplateResult {
  return html`<button
    class="act"
    type="button"
    aria-haspopup="dialog"
    title=${run?.state ?? ''}
    popovertarget="estimate"
  >
    ${icon('loading', 'spin o-submitted')}<span class="num"
      ><span class="lg">${run?.summary} </span>${run?.money}<span class="lg muted">
        ${run?.timeLeft}</span
      ></span
    >
  </button>`;
}

function modelButton(model: EditorModel): TemplateResult {
  const job = model.document?.kind === 'cells' ? model.document.job : undefined;
  const own = job?.defaults['model'];
  const chosen = typeof own === 'string' ? own : undefined;
  const name = chosen ?? job?.standard.model ?? '';
  return html`<button
    class="act"
    type="button"
    aria-haspopup="dialog"
    aria-label=${l10n.t('Default model: {0}', name)}
    @click=${(event: Event) => {
      openModelPicker(event.currentTarget as HTMLElement, {
        chosen,
        inherited: job?.standard.model,
        pick: (picked) => {
          model.set(null, ['defaults', 'model'], picked);
        },
      });
    }}
  >
    ${icon('chip')}<span class="t clip">${name}</span>
  </button>`;
}

function stopMenu(model: EditorModel): TemplateResult {
  return menu('stop-menu', l10n.t('Stop'), [
    {
      icon: 'eye-closed',
      title: l10n.t('Stop Watching'),
      hint: l10n.t('batches go on'),
      act: () => {
        model.channel.intent('stop', null);
      },
    },
    {
      icon: 'stop-circle',
      title: l10n.t('Cancel at Provider…'),
      hint: l10n.t('done rows are billed'),
      act: () => {
        model.channel.intent('cancelAtProvider', null);
      },
    },
  ]);
}

function addMenu(model: EditorModel): TemplateResult {
  return menu(
    'add-menu',
    l10n.t('Add cell'),
    newKinds().map(({ kind, title }) => ({
      icon: kind === 'rows' ? 'table' : kind === 'messages' ? 'comment-discussion' : kind,
      title,
      act: () => void model.insert(kind, model.active === undefined ? 'end' : { after: model.active }),
    })),
  );
}

function moreMenu(model: EditorModel): TemplateResult {
  const foldAll = (folded: boolean): void => {
    for (const { key } of model.cells) model.fold(key, folded);
  };
  return menu('more-menu', l10n.t('More actions'), [
    {
      icon: 'fold',
      title: l10n.t('Fold All Cells'),
      act: () => {
        foldAll(true);
      },
    },
    {
      icon: 'unfold',
      title: l10n.t('Unfold All Cells'),
      act: () => {
        foldAll(false);
      },
    },
    null,
    {
      icon: 'go-to-file',
      title: l10n.t('Open as Text'),
      act: () => {
        model.channel.intent('openText', null);
      },
    },
  ]);
}

function concurrencyOf({ document }: EditorModel): number {
  return document?.kind === 'cells' ? (document.job.maxConcurrent ?? document.job.standard.maxConcurrent) : 0;
}

function limitOf({ document }: EditorModel): string | undefined {
  const limit = document?.kind === 'cells' ? document.job.costLimitUsd : undefined;
  return limit?.toLocaleString(window.document.documentElement.lang, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
  });
}
