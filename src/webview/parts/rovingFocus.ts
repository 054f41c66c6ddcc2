const ITEMS = 'button, input, select';

/** Gives each toolbar below an element one tab stop: the item that had the focus last, or the first. */
export function keepOneTabStop(root: Element): void {
  // What is seen is asked of all before anything is set: each setting in between would be a new layout.
  const toolbars = [...root.querySelectorAll('[role="toolbar"]')].map((toolbar) => itemsOf(toolbar));
  for (const items of toolbars)
    setStop(items, items.find((item) => item.tabIndex === 0 && item.dataset['stop'] === '') ?? items[0]);
}

/** Left, Right, Home and End in a toolbar; the item that has the focus becomes its tab stop. */
export function roveToolbar(event: KeyboardEvent): void {
  rove(event, 'ArrowLeft', 'ArrowRight');
}

/** Up, Down, Home and End in a menu. */
export function roveMenu(event: KeyboardEvent): void {
  rove(event, 'ArrowUp', 'ArrowDown');
}

function rove(event: KeyboardEvent, back: string, on: string): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const items = itemsOf(event.currentTarget as Element);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = {
    [back]: (at - 1 + items.length) % items.length,
    [on]: (at + 1) % items.length,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (to === undefined || at === -1) return;
  event.preventDefault();
  event.stopPropagation();
  setStop(items, items[to]);
  items[to]?.focus();
}

function itemsOf(of: Element): HTMLElement[] {
  return [...of.querySelectorAll<HTMLElement>(ITEMS)].filter((item) => item.checkVisibility());
}

function setStop(items: readonly HTMLElement[], stop: HTMLElement | undefined): void {
  for (const item of items) {
    const isStop = item === stop;
    if (item.getAttribute('tabindex') !== (isStop ? '0' : '-1')) item.tabIndex = isStop ? 0 : -1;
    if ('stop' in item.dataset !== isStop) item.toggleAttribute('data-stop', isStop);
  }
}
