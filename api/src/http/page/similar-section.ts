import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import type { PageContext } from './page-context.ts';

/** Cases beside the lesion: of each class that cannot be excluded first, then the most similar. */
export function similarSection({ markup: { similar }, manifest }: PageContext) {
  const attribution = manifest.similarCases?.pictures?.attribution ?? '';
  return html`<section id="similar" class="similar" aria-labelledby="similar-heading" hidden>
<h2 id="similar-heading">${similar.heading}</h2>
<p class="fine">${similar.explanation}</p>
<div class="beside">
<figure class="this-lesion"><canvas id="similar-photo" aria-hidden="true"></canvas><figcaption>${similar.thisLesion}</figcaption></figure>
<div>
<div id="similar-classes">
<h3>${similar.byClass}</h3>
<ul id="similar-class-list" class="cases" role="list"></ul>
</div>
<h3>${similar.nearest}</h3>
<p id="similar-votes"></p>
<ul id="similar-list" class="cases" role="list"></ul>
</div>
</div>
${attribution ? html`<p class="fine">${fill(similar.images, { attribution })}</p>` : ''}
</section>`;
}
