import { html } from 'hono/html';
import { EXAMPLES_ATTRIBUTION, examplesOf } from './examples.ts';
import type { PageContext } from './page-context.ts';

/** Images to try the page with; nothing where none shows a class of the version. */
export function examplesSection({ markup, classes, taxonomy }: PageContext) {
  const examples = examplesOf(taxonomy);
  if (examples.length === 0) return '';
  return html`<section id="examples" class="examples" aria-labelledby="examples-heading">
<h2 id="examples-heading">${markup.examples.heading}</h2>
<ul role="list">${examples.map(
    ({ id, diagnosis }) =>
      html`<li><button type="button" data-example="assets/${id}.jpg" data-name="${id}.jpg" data-diagnosis="${classes[diagnosis]}"><img src="assets/${id}.jpg" alt="" width="448" height="336"><span>${classes[diagnosis]}</span></button></li>`,
  )}</ul>
<p class="fine" lang="en">${EXAMPLES_ATTRIBUTION}</p>
</section>`;
}
