import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import type { CitationState, DetailState } from '../../protocol/resultsSurface.ts';
import { sentence } from './sentence.ts';

/** Whether what is cited stands in its source, as an icon beside the words. */
export function citationIcon(state: CitationState['state']): TemplateResult {
  return state === 'verified'
    ? html`<i class="codicon codicon-verified-filled good" aria-hidden="true"></i>`
    : html`<i class="codicon codicon-unverified warn" aria-hidden="true"></i>`;
}

/**
 * What an answer cites, each with where it stands.
 * @param nearest By citation: what the source has instead; empty until that is known.
 */
export function citationList(
  { citations, verified }: DetailState,
  nearest: readonly string[],
  current: number | undefined,
  open: (index: number) => void,
): TemplateResult | typeof nothing {
  if (citations.length === 0) return nothing;
  return html`<section>
    <h3>${l10n.t('Citations')} <span class="muted">${verified}</span></h3>
    <ol class="cites">
      ${citations.map(
        ({ text, state, sentence: words, place }, i) =>
          html`<li aria-current=${i === current ? 'true' : nothing}>
            <span class="ref ${state === 'verified' ? '' : 'bad'}" aria-hidden="true">${i + 1}</span>
            <div>
              <q>${text}</q>
              <div class="sub">
                ${citationIcon(state)}
                <span
                  >${sentence(
                    words,
                    html`<button
                      type="button"
                      class="link"
                      aria-label=${l10n.t('{0}, citation {1}', place, i + 1)}
                      @click=${() => {
                        open(i);
                      }}
                    >
                      ${place}
                    </button>`,
                  )}
                  ${nearest[i] ?? ''}</span
                >
              </div>
            </div>
          </li>`,
      )}
    </ol>
  </section>`;
}
