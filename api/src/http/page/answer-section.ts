import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import { spaced } from '../../language/page/spaced.ts';
import { byRisk, type PageContext } from './page-context.ts';

/** The decision, the scores, how to read them, and the facts behind them. */
export function answerSection({
  language,
  markup,
  script,
  classes,
  manifest,
  taxonomy,
}: PageContext) {
  const { answer } = markup;
  const count = taxonomy.classes.length;
  const frequencies = answer.frequencies[manifest.prior.name];
  const facts = [
    ['limits', answer.limits],
    ['patient', answer.patient],
    ['options', answer.options],
    ['model', answer.model],
    ['image', answer.image],
    ['time', answer.time],
    ['id', answer.request],
  ] as const;
  return html`<section class="answer" aria-labelledby="answer-heading">
<h2 id="answer-heading">${answer.heading}</h2>
<div id="decision" class="decision" hidden>
<p class="word" id="decision-word"></p>
<p id="decision-score"></p>
<ul id="decision-reasons" role="list"></ul>
<p id="decision-step" class="step"></p>
<ul id="decision-advice" role="list"></ul>
<p id="decision-set"></p>
<p id="decision-pooled"></p>
</div>
<h3 id="scores-heading">${fill(answer.classes, { count })}</h3>
<ol id="scores" class="scores" role="list">${byRisk(taxonomy).map(({ label, risk }) => {
    return html`<li data-label="${label}" data-risk="${risk ?? ''}"><span class="name">${classes[label]!}</span> <span class="risk">${risk ? script.risks[risk] : ''}</span> <span class="codes"></span> <span class="score"></span><span class="bar" aria-hidden="true"><span class="fill"></span></span></li>`;
  })}</ol>
<p id="diagnosis"></p>
<div id="quality" class="quality" hidden>
<h3>${answer.quality}</h3>
<ul id="quality-list" role="list"></ul>
</div>
<div class="caution">
<h3>${answer.reading}</h3>
<p>${answer.readingOrigin} <strong>${answer.readingPhone}</strong>${spaced(';', language)} ${answer.readingPhoneEnd}</p>
<p>${fill(answer.readingSum, { frequencies, count })}</p>
</div>
<dl id="facts" class="facts" hidden>${facts.map(([id, name]) => html`<div><dt>${name}</dt><dd id="fact-${id}"></dd></div>`)}</dl>
<noscript><p>${markup.needsScript}</p></noscript>
</section>`;
}
