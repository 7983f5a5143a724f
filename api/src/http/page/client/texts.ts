import type { ScriptTexts } from '../../../language/page/en.ts';

/** What the page says in its language. */
export let texts = textsOf(document);

/** Name of a class; of one that the page does not know, its label. */
export function nameOf(label: string): string {
  return texts.classes[label] ?? label;
}

/** The language of the page, such as `de`. */
export let language = document.documentElement.lang;

/** Takes both from the page in another language. */
export function readTexts(page: Document): void {
  texts = textsOf(page);
  language = page.documentElement.lang;
}

function textsOf(page: Document): ScriptTexts {
  return JSON.parse(page.getElementById('texts')!.textContent!);
}

/** A date without its time, as the page's language writes it. */
export function dateText(isoDate: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  return format.format(new Date(`${isoDate.slice(0, 10)}T00:00:00Z`));
}

/** A moment with hours and minutes, in the time of this device. */
export function momentText(moment: Date): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(
    moment,
  );
}
