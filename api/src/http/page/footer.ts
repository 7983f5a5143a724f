import { criticalFigure } from '@naevus/shared/answer/critical-figures';
import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import type { PageContext } from './page-context.ts';

/** Which model answers, how good it was measured to be, and how to ask without the page. */
export function footer({
  language,
  markup: { footer: texts },
  manifest,
  classTexts,
  origin,
}: PageContext) {
  const { name, version, metrics, training, licence } = manifest;
  const sensitivity = criticalFigure(metrics);
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const { format } = new Intl.NumberFormat(language, digits);
  const measured = fill(texts.metrics, {
    ...{ name, version, dataset: training.dataset, split: metrics.split },
    accuracy: format(metrics.balancedAccuracy),
    auc: format(metrics.macroAuc),
    critical:
      sensitivity === undefined
        ? ''
        : fill(texts.critical, { names: classTexts.critical, sensitivity: format(sensitivity) }),
  });
  return html`<footer>
<section aria-labelledby="model-heading">
<h2 id="model-heading">${texts.model}</h2>
<p class="prose">${measured} ${texts.facts} <a href="model">/model</a>.</p>
<p class="prose fine">${fill(texts.weights, { licence: licence.weights })} <span lang="en">${licence.attribution}</span> ${fill(texts.code, { licence: licence.code })}</p>
</section>
<section aria-labelledby="api-heading">
<h2 id="api-heading">${texts.api}</h2>
<pre tabindex="0" role="region" aria-label="${texts.commands}">curl --data-binary @image.jpg ${origin}/predict
curl --data-binary @image.jpg ${origin}/gradcam -o heatmap.png</pre>
<p><a href="docs">${texts.routes}</a> · <a href="openapi.json">${texts.openapi}</a></p>
</section>
</footer>`;
}
