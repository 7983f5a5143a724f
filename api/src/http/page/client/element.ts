/**
 * A place in the page by its id.
 *
 * @throws Error when the page has none of that kind: page and script do not belong together
 */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`);
  return found;
}

/** Puts text into a place of the page. */
export function write(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}

/** A new element with a text; not in the page yet. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  className = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A new button that does something. */
export function button(text: string, act: () => void): HTMLButtonElement {
  const made = create('button', text, 'button');
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}
