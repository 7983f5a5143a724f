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
