import * as l10n from '@vscode/l10n';
import { html, nothing, type TemplateResult } from 'lit';
import { HOLE, type SourceState } from '../../protocol/resultsSurface.ts';
import { action } from './action.ts';
import { citationIcon } from './citations.ts';
import { icon } from '../parts/icon.ts';
import { sentence } from './sentence.ts';

export interface SourceActions {
  /** Shows another part: of another page, or from another place of this one. */
  readonly showPart: (part: { readonly page: number; readonly from?: number }) => void;
  /** Shows the citation after or before the one that is marked. */
  readonly stepCitation: (step: 1 | -1) => void;
  /** Opens the file itself. */
  readonly openFile: () => void;
}

/** The text that a row is about, part by part, with what is cited marked. @param citations How many the answer has. */
export function sourcePane(
  source: SourceState | 'failed' | undefined,
  citations: number,
  actions: SourceActions,
): TemplateResult | typeof nothing {
  if (source === undefined) return nothing;
  if (source === 'failed') return html`<p role="status">${l10n.t('The source cannot be read.')}</p>`;
  const text = source.pieces.map((piece) => (piece.cited ? html`<mark>${piece.text}</mark>` : piece.text));
  const look = source.icon === 'file-pdf' ? 'leaf paper' : 'leaf';
  return html`<div class="source">
    ${sourceBar(source, citations, actions)}
    ${source.why === '' ? html`<div class=${look} dir="auto">${text}</div>` : html`<p>${source.why}</p>`}
    ${citedLine(source)}
  </div>`;
}

function sourceBar(source: SourceState, citations: number, actions: SourceActions): TemplateResult {
  return html`<div class="source-bar" role="group" aria-label=${l10n.t('Place in the source')}>
    ${icon(source.icon)}
    <span class="clip" role="status">${source.place === '' ? source.name : source.place}</span>
    ${stepsOf(source, actions)}
    <span class="grow"></span>
    ${
      citations === 0
        ? nothing
        : html`${action('arrow-up', l10n.t('Previous citation'), () => {
            actions.stepCitation(-1);
          })}
          ${action('arrow-down', l10n.t('Next citation'), () => {
            actions.stepCitation(1);
          })}`
    }
    ${action('go-to-file', l10n.t('Open the file beside'), actions.openFile)}
  </div>`;
}

/** To the pages around, or to the parts around of a long text. */
function stepsOf(source: SourceState, { showPart }: SourceActions): TemplateResult | typeof nothing {
  const { page, pages, from, to, length } = source;
  if (from > 0 || to < length)
    return html`${action(
      'chevron-left',
      l10n.t('Earlier part'),
      () => {
        if (from > 0) showPart({ page, from: Math.max(0, from - (to - from)) });
        else if (page > 0) showPart({ page: page - 1 });
      },
      { off: from === 0 && page === 0 },
    )}
    ${action(
      'chevron-right',
      l10n.t('Later part'),
      () => {
        if (to < length) showPart({ page, from: to });
        else if (page + 1 < pages) showPart({ page: page + 1 });
      },
      { off: to === length && page + 1 === pages },
    )}`;
  if (pages <= 1) return nothing;
  return html`${action(
    'chevron-left',
    l10n.t('Previous page'),
    () => {
      if (page > 0) showPart({ page: page - 1 });
    },
    { off: page === 0 },
  )}
  ${action(
    'chevron-right',
    l10n.t('Next page'),
    () => {
      if (page + 1 < pages) showPart({ page: page + 1 });
    },
    { off: page + 1 === pages },
  )}`;
}

function citedLine({ cited, citation, fields }: SourceState): TemplateResult | typeof nothing {
  if (cited === '') return nothing;
  return html`<p class="sub">
    ${citationIcon(citation)}
    <span>${cited} ${fields.length === 0 ? nothing : carried(fields)}</span>
  </p>`;
}

/** "It carries `notice_days` and `auto_renews`." */
function carried(fields: readonly string[]): TemplateResult {
  const list = new Intl.ListFormat(document.documentElement.lang || undefined).formatToParts(fields);
  const parts = list.map(({ type, value }) => (type === 'element' ? html`<code>${value}</code>` : value));
  return sentence(l10n.t('It carries {0}.', HOLE), parts);
}
