import type { ScriptTexts } from '../../../language/page/en.ts';
import { element } from './element.ts';

/** What the page says in the language that it was served in. */
export const texts = JSON.parse(element('texts', HTMLScriptElement).textContent!) as ScriptTexts;

/** The language of the page, such as `de`. */
export const language = document.documentElement.lang;

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
