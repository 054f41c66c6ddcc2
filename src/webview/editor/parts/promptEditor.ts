import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { PromptView, TextSelection } from '../later/promptView.ts';
import type { ShownFinding } from './findingMarks.ts';
import { promptStyles } from './promptStyles.ts';
import { LONGEST_AT_REST, textAtRest } from './textAtRest.ts';
import { TypedText } from './typedText.ts';
import type { Variable } from './variableCompletions.ts';

type ViewModule = typeof import('../later/promptView.ts');

let viewModule: ViewModule | undefined;
let loading: Promise<ViewModule> | undefined;

/** The editor of texts, which is more than half of the page: loaded when the page is drawn, or somebody is quicker. */
export async function loadPromptView(): Promise<ViewModule> {
  loading ??= import('../later/promptView.ts');
  viewModule = await loading;
  return viewModule;
}

/**
 * A field for prompts: Markdown in the colours of the theme, variables with completion, findings underlined. What is
 * typed is sent by word or after a pause; undo is the document's own. Until somebody comes near it, it is the text alone.
 *
 * Events: `bb-change {value}`, `bb-leave`, `bb-run`, `bb-fix {finding, fix}`.
 */
export class PromptEditor extends LitElement {
  static override readonly properties = {
    value: { type: String },
    label: { type: String },
    variables: { attribute: false },
    findings: { attribute: false },
    readOnly: { type: Boolean },
  };
  static override readonly styles = promptStyles;

  declare value: string;
  declare label: string;
  declare variables: readonly Variable[];
  declare findings: readonly ShownFinding[];
  declare readOnly: boolean;
  #typed: TypedText | undefined;
  #view: PromptView | undefined;
  #selection: TextSelection = { anchor: 0, head: 0 };
  /** What was typed while the editor was on its way. */
  #early = '';

  constructor() {
    super();
    this.value = '';
    this.label = '';
    this.variables = [];
    this.findings = [];
    this.readOnly = false;
  }

  /** Places in the text, UTF-16 units. Set before it is shown, it holds from the first moment. */
  get selection(): TextSelection {
    return this.#view?.selection ?? this.#selection;
  }
  set selection(selection: TextSelection) {
    this.#selection = selection;
    if (this.#view !== undefined) this.#view.selection = selection;
  }

  override focus(): void {
    if (this.hasUpdated) this.#begin(true);
    else
      void this.updateComplete.then(() => {
        this.#begin(true);
      });
  }

  /** Sends what is typed and not yet sent, also what the editor that is on its way has not seen. */
  flush(): void {
    if (this.#view === undefined && this.#early !== '') {
      const { head } = this.#selection;
      const value = this.value.slice(0, head) + this.#early + this.value.slice(head);
      const end = head + this.#early.length;
      this.#selection = { anchor: end, head: end };
      this.#early = '';
      this.value = value;
      this.#tell('bb-change', { value });
    }
    this.#typed?.flush();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.flush();
    this.#typed?.dispose();
    this.#selection = this.selection;
    this.#view?.destroy();
    this.#view = undefined;
    this.#typed = undefined;
  }

  override render(): TemplateResult {
    return html`${this.#view === undefined ? this.#atRest() : nothing}
      <div class="place"></div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.#view === undefined) {
      const isMarked = this.findings.some(({ span }) => span !== undefined);
      if (isMarked || this.value.length > LONGEST_AT_REST) this.#begin(false);
      return;
    }
    if (changed.has('value')) this.#takeIn(this.#view, this.value);
    if (changed.has('label') || changed.has('readOnly')) this.#view.showAs(this.label, this.readOnly);
    if (changed.has('findings')) this.#view.showFindings(this.findings);
  }

  #atRest(): TemplateResult {
    // Opened by what comes before a press, so that the press finds the editor and places its caret.
    return html`<div
      class="at-rest"
      role="textbox"
      tabindex="0"
      aria-multiline="true"
      aria-label=${this.label}
      aria-readonly=${this.readOnly ? 'true' : 'false'}
      @pointermove=${() => {
        this.#begin(false);
      }}
      @focus=${() => {
        this.#begin(true);
      }}
      @keydown=${this.#typeEarly}
    >
      ${textAtRest(this.value)}
    </div>`;
  }

  /** Makes the editor of the text, and gives it the focus where that is asked for or the text had it. */
  #begin(focus: boolean): void {
    if (this.#view === undefined && viewModule === undefined) {
      const atRest = this.renderRoot.querySelector<HTMLElement>('.at-rest');
      if (focus && this.shadowRoot?.activeElement !== atRest) atRest?.focus();
      void loadPromptView().then(() => {
        this.#begin(this.shadowRoot?.activeElement != null);
      });
      return;
    }
    if (viewModule !== undefined && this.isConnected) this.#view ??= this.#open(viewModule);
    if (focus) this.#view?.focus();
    if (this.#early !== '') this.#view?.type(this.#early);
    this.#early = '';
  }

  #open({ PromptView: View }: ViewModule): PromptView {
    const root = this.renderRoot as ShadowRoot;
    this.#typed = new TypedText(
      this.value,
      (value) => {
        this.#tell('bb-change', { value });
      },
      (ms, action) => {
        const timer = setTimeout(action, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    );
    const view = new View({
      root,
      parent: root.querySelector('.place') ?? this,
      text: this.value,
      selection: this.#selection,
      variables: () => this.variables,
      typed: (endsWord) => this.#typed?.typed(() => view.text, endsWord),
      flush: () => {
        this.flush();
      },
      tell: (name, detail) => {
        this.#tell(name, detail);
      },
    });
    view.showAs(this.label, this.readOnly);
    view.showFindings(this.findings);
    this.requestUpdate();
    return view;
  }

  readonly #typeEarly = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey, isComposing } = event;
    if ((ctrlKey || metaKey) && (key === 'End' || key === 'Home') && this.#early === '') {
      const at = key === 'End' ? this.value.length : 0;
      this.#selection = { anchor: at, head: at };
    }
    const isText = (key.length === 1 || key === 'Enter') && !ctrlKey && !metaKey && !altKey && !isComposing;
    if (!isText || this.readOnly) return;
    event.preventDefault();
    this.#early += key === 'Enter' ? '\n' : key;
  };

  /** What the document says, into what is typed here. */
  #takeIn(view: PromptView, value: string): void {
    const before = this.#typed?.said(value);
    if (before === undefined) return;
    view.merge(before, value);
    this.#typed?.merged(view.text);
  }

  #tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

customElements.define('bb-prompt-editor', PromptEditor);
