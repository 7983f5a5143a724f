import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS, LESION_CLASSES } from '@naevus/shared/taxonomy';
import { html } from 'hono/html';
import type { AppDependencies } from '../app-dependencies.ts';
import { respondWithPage } from './html-page.ts';
import type { Route } from './route.ts';

/** `GET /`: what this is, and how to ask it. */
export function pageRoute({ engine }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/',
    summary: 'What this is',
    answer: { description: 'A page.', content: { 'text/html': 'text' } },
    problems: [],
    handle(c) {
      const { name, version, metrics } = engine.model.manifest;
      return respondWithPage(
        c,
        'Naevus',
        html`<h1>Naevus</h1>
<p>Scores dermatoscopic images of skin lesions for seven diagnostic classes, and shows where in
the image the evidence lies.</p>
<p class="notice">${DISCLAIMER}</p>
<h2>Ask it</h2>
<pre>curl --data-binary @photo.jpg ${new URL(c.req.url).origin}/predict
curl --data-binary @photo.jpg ${new URL(c.req.url).origin}/gradcam -o heatmap.png</pre>
<p>JPEG, PNG and WebP are read. <a href="/docs">All routes</a>, <a href="/openapi.json">OpenAPI</a>,
<a href="/model">the model's facts and card</a>.</p>
<h2>Classes</h2>
<ul>${LABELS.map((label) => {
          const { name, risk } = LESION_CLASSES[label];
          return html`<li><code>${label}</code> ${name} (${risk})</li>`;
        })}</ul>
<h2>Model</h2>
<p>${name} ${version}. On ${metrics.split}: balanced accuracy ${metrics.balancedAccuracy.toFixed(3)},
macro AUC ${metrics.macroAuc.toFixed(3)}, sensitivity for melanoma ${metrics.melanomaSensitivity.toFixed(3)}.</p>`,
      );
    },
  };
}
