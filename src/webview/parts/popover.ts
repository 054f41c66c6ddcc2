import type { EditorModel } from '../editor/editorModel.ts';

/** Opens what floats, beside what it was opened from: Escape leads back there. */
export function openPopover(id: string, source: HTMLElement): void {
  document.getElementById(id)?.showPopover({ source });
}

/** Closes what floats. */
export function closePopover(within: EventTarget | null): void {
  if (within instanceof Element) within.closest<HTMLElement>('[popover]')?.hidePopover();
}

/** Puts the focus into what has just been opened: on its first control. */
export function focusFirst(event: ToggleEvent): void {
  if (event.newState !== 'open') return;
  (event.currentTarget as Element)
    .querySelector<HTMLElement>('input, button:not(:disabled), [role="menuitem"]')
    ?.focus();
}

/** Puts the focus back on the cell where what was opened from has gone. */
export function focusBack(model: EditorModel): void {
  if (document.activeElement === document.body && model.active !== undefined) model.focus(model.active);
}
