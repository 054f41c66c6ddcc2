import { html, noChange, type TemplateResult } from 'lit';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

interface TextField {
  readonly label: string;
  readonly value: string;
  readonly send: (value: string) => void;
  /** Names it among the fields of its cell. */
  readonly field?: string;
  readonly placeholder?: string;
  readonly invalid?: boolean;
  readonly look?: string;
  readonly disabled?: boolean;
  readonly numeric?: boolean;
}

/** Fields that hold what was typed and not yet sent. */
const typedIn = new WeakSet<Element>();

/** Shows a value, but never over what somebody is typing. */
class Shown extends Directive {
  override render(_value: string): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [value]: [string]): unknown {
    const input = element as HTMLInputElement;
    if (!typedIn.has(input) && input.value !== value) input.value = value;
    return noChange;
  }
}
const shown = directive(Shown);

/** A line of text that is sent when the field is left or Enter is pressed. */
export function textField(of: TextField): TemplateResult {
  return html`<input
    class="in ${of.look ?? ''}"
    type="text"
    aria-label=${of.label}
    aria-invalid=${of.invalid === true ? 'true' : 'false'}
    data-field=${of.field ?? of.label}
    placeholder=${of.placeholder ?? ''}
    inputmode=${of.numeric === true ? 'decimal' : 'text'}
    spellcheck="false"
    autocomplete="off"
    ?disabled=${of.disabled === true}
    ${shown(of.value)}
    @input=${(event: Event) => typedIn.add(event.target as Element)}
    @change=${(event: Event) => {
      const input = event.target as HTMLInputElement;
      typedIn.delete(input);
      if (input.value !== of.value) of.send(input.value);
    }}
  />`;
}

/** Sends what is typed in a field and not yet sent. */
export function flushTextFields(): void {
  const field = document.activeElement;
  if (field !== null && typedIn.has(field)) field.dispatchEvent(new Event('change'));
}
