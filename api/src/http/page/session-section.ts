import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import { spaced } from '../../language/page/spaced.ts';
import type { PageContext } from './page-context.ts';

/** The answers of this tab. */
export function sessionSection({ markup: { session } }: PageContext) {
  return html`<section id="session" class="session" aria-labelledby="session-heading" hidden>
<h2 id="session-heading">${session.heading}</h2>
<p class="fine">${session.explanation}</p>
<p id="session-full" role="status"></p>
<ul id="session-list" class="entries" role="list"></ul>
<div class="buttons">
<button id="save-json" class="button" type="button">${session.json}</button>
<button id="save-csv" class="button" type="button">${session.csv}</button>
<button id="print" class="button" type="button">${session.print}</button>
<button id="clear" class="button" type="button">${session.clear}</button>
</div>
</section>`;
}

/** Two answers of this tab beside each other. */
export function compareSection({
  language,
  markup: { compare, answer },
  script,
  taxonomy,
}: PageContext) {
  const sides = [
    ['earlier', compare.earlier],
    ['later', compare.later],
  ] as const;
  return html`<section id="compare" class="compare" aria-labelledby="compare-heading" hidden>
<h2 id="compare-heading">${compare.heading}</h2>
<p class="fine">${compare.explanation}</p>
<div class="fields">${sides.map(([id, name]) => html`<label>${name} <select id="compare-${id}"></select></label>`)}</div>
<div id="compare-viewer" class="pair" tabindex="0" role="group" aria-label="${compare.label}">${sides.map(
    ([id, name]) =>
      html`<figure><div class="frame"><canvas id="photo-${id}" role="img" aria-label="${name}"></canvas></div><figcaption>${name}${spaced(':', language)} <span id="about-${id}"></span></figcaption></figure>`,
  )}</div>
<p id="compare-days"></p>
<p id="compare-caution" class="step"></p>
<table><caption>${fill(answer.classes, { count: taxonomy.classes.length })}</caption>
<thead><tr><th scope="col">${script.compared}</th>${sides.map(([, name]) => html`<th scope="col">${name}</th>`)}<th scope="col">${script.difference}</th></tr></thead>
<tbody id="compare-scores"></tbody></table>
</section>`;
}
