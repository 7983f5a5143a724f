import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import { LANGUAGES, type Language } from '../../schemas/languages.ts';
import type { PageContext } from './page-context.ts';

/** Each language in its own. */
const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
};

/** Name, languages, disclaimer, and what the page may not be used for: what is looked at first. */
export function masthead({ language, markup, caveats, taxonomy }: PageContext) {
  return html`<a class="skip" href="#main">${markup.skip}</a>
<header class="masthead">
<div class="top"><h1>Naevus</h1>
<nav aria-label="${markup.language}"><ul class="languages" role="list">${LANGUAGES.map(
    (one) =>
      html`<li><a href="?language=${one}" hreflang="${one}" lang="${one}"${one === language ? html` aria-current="true"` : ''}>${LANGUAGE_NAMES[one]}</a></li>`,
  )}</ul></nav></div>
<p>${fill(markup.tagline, { count: taxonomy.classes.length })}</p>
<p id="print-head" class="print-only"></p>
</header>
<aside class="disclaimer" aria-label="${markup.disclaimer}"><p>${caveats.disclaimer}</p></aside>
<section class="not-for" aria-labelledby="not-for-heading">
<h2 id="not-for-heading">${markup.notFor}</h2>
<ul><li>${markup.notForDiagnosis}</li><li>${markup.notForTriage}</li><li>${markup.notForPhones}</li></ul>
${caveats.translation ? html`<p class="fine">${caveats.translation}</p>` : ''}
</section>`;
}
