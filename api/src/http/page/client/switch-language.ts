import { readTexts } from './texts.ts';

/**
 * The page in another language in place of this one, with its fields as they were filled in.
 *
 * @param url of the page in that language
 * @returns undefined where the page does not come
 */
export async function fetchPage(url: string): Promise<Document | undefined> {
  // A document without a policy for trusted types, which a string would need.
  const request = new XMLHttpRequest();
  request.open('GET', url);
  request.responseType = 'document';
  await new Promise((resolve) => {
    request.addEventListener('loadend', resolve);
    request.send();
  });
  return request.status === 200 ? (request.responseXML ?? undefined) : undefined;
}

/** Shows a page that was fetched; what worked with the elements of the one before must have ended. */
export function replacePage(next: Document): void {
  const { body } = next;
  const before = document.body;
  fillIn(body, before);
  document.documentElement.lang = next.documentElement.lang;
  document.title = next.title;
  before.replaceWith(document.adoptNode(body));
  readTexts(next);
  document.querySelector<HTMLElement>('[aria-current=true]')?.focus({ preventScroll: true });
}

/** Fills in the fields of a page as those of another are, and opens what is open there. */
function fillIn(page: HTMLElement, from: HTMLElement): void {
  for (const field of from.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
    'input:not([type=file]), select',
  )) {
    const same = page.querySelector<HTMLInputElement | HTMLSelectElement>(selectorOf(field));
    if (!same) continue;
    if ('checked' in field && 'checked' in same) same.checked = field.checked;
    if (!isChoice(field)) same.value = field.value;
  }
  const opened = page.querySelectorAll('details');
  for (const [i, { open }] of from.querySelectorAll('details').entries()) {
    if (opened[i]) opened[i].open = open;
  }
}

function selectorOf(field: HTMLInputElement | HTMLSelectElement): string {
  if (field.id !== '') return `#${field.id}`;
  const name = `[name="${field.name}"]`;
  return isChoice(field) ? `${name}[value="${field.value}"]` : name;
}

/** Whether its value is what it stands for, not what was filled in. */
function isChoice({ type }: HTMLInputElement | HTMLSelectElement): boolean {
  return type === 'radio' || type === 'checkbox';
}
