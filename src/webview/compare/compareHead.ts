import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CompareField, FoundComparison, RunSide, Side } from '../../protocol/compareSurface.ts';
import { styled } from '../parts/styled.ts';
import { icon } from '../parts/icon.ts';
import { withStrong } from './pieces.ts';

export interface HeadActions {
  readonly swap: () => void;
  readonly openResults: (side: Side) => void;
}

/** Both runs, what was asked differently, and how far their answers agree. */
export function compareHead(title: string, found: FoundComparison, actions: HeadActions): TemplateResult {
  const { a, b, hint } = found;
  return html`<header>
    <h1 class="vh">${l10n.t('Two runs of {0}', title)}</h1>
    <div class="sides">
      ${sideOf('a', a, actions)}
      <button
        type="button"
        class="act swap"
        aria-label=${l10n.t('Swap A and B')}
        title=${l10n.t('Swap A and B')}
        @click=${actions.swap}
      >
        ${icon('arrow-swap')}
      </button>
      ${sideOf('b', b, actions)}
      <div class="hint muted">
        ${icon('info')}
        <p>${withStrong(hint.causes)}${hint.notes === '' ? nothing : ` ${hint.notes}`}</p>
      </div>
    </div>
    ${agreementOf(found)}
  </header>`;
}

function sideOf(
  side: Side,
  { made, models, ended, tokens }: RunSide,
  { openResults }: HeadActions,
): TemplateResult {
  const name = side.toUpperCase();
  return html`<section class="side" aria-label=${l10n.t('Run {0}', name)}>
    <span class="tag" aria-hidden="true">${name}</span>
    <div class="grow">
      <h2 class="clip">${made}</h2>
      <div class="muted clip">${models}</div>
      <div class="num">${ended}</div>
      <div class="num muted">${tokens}</div>
    </div>
    <button
      type="button"
      class="act"
      aria-label=${l10n.t('Open the results of {0}', name)}
      title=${l10n.t('Open the results of {0}', name)}
      @click=${() => {
        openResults(side);
      }}
    >
      ${icon('table')}
    </button>
  </section>`;
}

function agreementOf({ agreement, fields }: FoundComparison): TemplateResult | typeof nothing {
  if (agreement === '') return nothing;
  return html`<div class="agree" role="group" aria-label=${agreement} tabindex="0">
    ${fields.map(fieldOf)}
  </div>`;
}

function fieldOf({ name, share = 0, percent }: CompareField): TemplateResult {
  return html`<div>
    <bdi class="mono clip">${name}</bdi><span aria-hidden="true">${percent}</span>
    <div class="share" role="img" aria-label=${l10n.t('{0}: {1} agree', name, percent)}>
      <span ${styled({ 'inline-size': `${String(share * 100)}%` })}></span>
    </div>
  </div>`;
}
