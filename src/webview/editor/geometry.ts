import { noChange } from 'lit';
import { Directive, directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';

/** Sets what is measured: the policy of the page allows no style attributes, but a script may set styles. */
class Geometry extends Directive {
  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error('geometry() stands on an element.');
  }

  override render(_styles: Readonly<Record<string, string>>): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [styles]: Parameters<this['render']>): unknown {
    for (const [name, value] of Object.entries(styles))
      (element as HTMLElement).style.setProperty(name, value);
    return noChange;
  }
}

/** Styles of an element by name, such as `{ width: '30%' }`. */
export const geometry = directive(Geometry);
