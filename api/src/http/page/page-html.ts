import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { Manifest } from '@naevus/shared/model/manifest';
import { LABELS, LESION_CLASSES, RISKS } from '@naevus/shared/taxonomy';
import { html } from 'hono/html';
import type { ServedModel } from '../../analysis/engine.ts';
import type { Limits } from '../../answers/request-limits.ts';
import { EXAMPLES, EXAMPLES_ATTRIBUTION } from './examples.ts';

const ACCEPT = 'image/jpeg,image/png,image/webp';

/** The model that images are scored with, wherever that is. */
interface PageModel {
  readonly version: string;
  readonly sha256: string;
  /** It has an index of similar cases. */
  readonly similar: boolean;
}

/** The classes as they stand before there are scores: those to look out for first. */
const BY_RISK = RISKS.flatMap((risk) =>
  LABELS.filter((label) => LESION_CLASSES[label].risk === risk),
);

/**
 * The page, whole. `client/main.ts` fills in what an answer brings; it finds its places by their ids.
 *
 * @param origin where this server was asked, for the lines to copy
 */
export async function pageHtml(
  { manifest, sha256 }: Pick<ServedModel, 'manifest' | 'sha256'>,
  limits: Limits,
  origin: string,
): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Seven-class scores for dermatoscopic images, for research and education only.">
<title>Naevus: scores for dermatoscopic images</title>
<link rel="icon" type="image/png" href="assets/icon.png">
<link rel="stylesheet" href="assets/page.css">
<script type="module" src="assets/page.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the picture</a>
<header class="masthead">
<h1>Naevus</h1>
<p>Scores a dermatoscopic image for seven diagnostic classes, and shows where in the image the evidence lies.</p>
</header>
<aside class="disclaimer" aria-label="Disclaimer"><p>${DISCLAIMER} Only for images taken through a dermatoscope.</p></aside>
<main id="main" tabindex="-1">
${pictureSection(limits, {
  ...{ version: manifest.version, sha256 },
  similar: manifest.similarCases !== undefined,
})}
${answerSection(manifest.prior)}
${similarSection(manifest)}
${examplesSection()}
</main>
${footer(manifest, origin)}
</body>
</html>
`;
  return page.toString();
}

const SENT = 'The file is sent to this server as it is, scored there, and not kept or logged.';
const KEPT =
  'The file stays on this device and is scored in this tab. The first time, the model is fetched (10 MB); after that it works without a network, too.';

function pictureSection(limits: Limits, { version, sha256, similar }: PageModel) {
  return html`<section class="picture" aria-labelledby="picture-heading">
<h2 id="picture-heading">Picture</h2>
<p id="status" role="status">No picture yet.</p>
<div id="problem" role="alert"></div>
<form id="key-form" class="key" hidden>
<label for="key">Access key of this server</label>
<input id="key" type="password" autocomplete="off" spellcheck="false" required>
<button class="button" type="submit">Use this key</button>
</form>
<div id="stage" class="stage">
<p id="stage-hint"><span class="with-mouse">Drop a picture here, or paste one</span><span class="without-mouse">The picture appears here</span></p>
<p id="no-preview" hidden>This browser has no preview of the file</p>
<canvas id="picture" role="img" aria-label="The picture" hidden></canvas>
</div>
<div id="map" class="map" hidden>
<label for="explain">Heat map for</label>
<select id="explain">${BY_RISK.map((label) => html`<option value="${label}">${LESION_CLASSES[label].name}</option>`)}</select>
<label for="opacity">Opacity</label>
<span class="slider"><input id="opacity" type="range" min="0" max="100" step="5" value="50"><output id="opacity-value" for="opacity">50%</output></span>
<span class="map-legend-name" aria-hidden="true">Evidence</span>
<span class="legend" role="img" aria-label="Colour bar: from dark purple for no evidence over green to yellow for the strongest"><span>none</span><canvas id="colour-bar" width="256" height="1"></canvas><span>strongest</span></span>
<p><label><input id="sharper" type="checkbox"> Finer heat map: 14 × 14 fields in place of 7 × 7, for five times the computing</label></p>
<p id="map-caption" class="fine" aria-live="polite"></p>
</div>
<div class="buttons">
<label class="button primary"><input id="choose" type="file" accept="${ACCEPT}" aria-describedby="privacy">Choose a picture</label>
<label class="button without-mouse"><input id="camera" type="file" accept="${ACCEPT}" capture="environment" aria-describedby="privacy">Take a photo</label>
</div>
<p class="fine without-mouse">A photo that a phone takes without a dermatoscope is outside of what the model has learned: no score for it means anything.</p>
<p class="fine">JPEG, PNG or WebP, up to <span id="limit" data-bytes="${limits.maxBodyBytes}">${fileSize(limits.maxBodyBytes)}</span>. No picture at hand? <a href="#examples">Take an example</a>.</p>
<p id="on-device-choice" hidden><label><input id="on-device" type="checkbox" aria-describedby="privacy" data-version="${version}" data-sha256="${sha256}" data-similar="${String(similar)}"> Score pictures on this device</label></p>
<p id="privacy" class="fine" aria-live="polite" data-server="${SENT}" data-device="${KEPT}">${SENT}</p>
</section>`;
}

/** What the scores take for granted about how often each class is met. */
const ASSUMED_FREQUENCIES: Readonly<Record<Manifest['prior']['name'], string>> = {
  training: 'the classes to be as frequent as among the training images',
  uniform: 'all seven classes to be equally frequent',
};

function answerSection({ name: prior }: Manifest['prior']) {
  return html`<section class="answer" aria-labelledby="answer-heading">
<h2 id="answer-heading">The answer</h2>
<div id="decision" class="decision" hidden>
<p class="word" id="decision-word"></p>
<p id="decision-score"></p>
<ul id="decision-reasons" role="list"></ul>
<p id="decision-step" class="step"></p>
<p id="decision-set"></p>
</div>
<h3 id="scores-heading">The seven classes</h3>
<ol id="scores" class="scores" role="list">${BY_RISK.map((label) => {
    const { name, risk } = LESION_CLASSES[label];
    return html`<li data-label="${label}" data-risk="${risk}"><span class="name">${name}</span> <span class="risk">${risk}</span> <span class="codes"></span> <span class="score"></span><span class="bar" aria-hidden="true"><span class="fill"></span></span></li>`;
  })}</ol>
<p id="diagnosis" hidden></p>
<div class="caution">
<h3>How to read the scores</h3>
<p>The network learned from dermatoscope images only. <strong>An ordinary phone photograph lies outside what it was trained on</strong>; it is scored all the same, and the scores then mean little.</p>
<p>The seven scores always add up to 100%, also for a picture that shows none of the seven. They take ${ASSUMED_FREQUENCIES[prior]}, which is not so in any practice. A low score rules nothing out.</p>
</div>
<dl id="facts" class="facts" hidden>
<div><dt>Quality</dt><dd id="fact-quality"></dd></div>
<div><dt>Limits</dt><dd id="fact-limits"></dd></div>
<div><dt>Model</dt><dd id="fact-model"></dd></div>
<div><dt>Image</dt><dd id="fact-image"></dd></div>
<div><dt>Time</dt><dd id="fact-time"></dd></div>
<div><dt>Request</dt><dd id="fact-id"></dd></div>
</dl>
<noscript><p>This page needs JavaScript. The API does not: see below.</p></noscript>
</section>`;
}

function similarSection({ similarCases }: Manifest) {
  return html`<section id="similar" class="similar" aria-labelledby="similar-heading" hidden>
<h2 id="similar-heading">Similar cases</h2>
<p class="fine">Lesions that the model was trained on and that look most like this one to it. That a case looks alike does not make it the same disease.</p>
<p id="similar-votes"></p>
<h3>The most similar</h3>
<ul id="similar-list" class="cases" role="list"></ul>
<div id="similar-classes">
<h3>The most similar of each class that cannot be excluded</h3>
<ul id="similar-class-list" class="cases" role="list"></ul>
</div>
<p class="fine">Pictures: ${similarCases?.pictures?.attribution ?? ''}</p>
</section>`;
}

function examplesSection() {
  return html`<section id="examples" class="examples" aria-labelledby="examples-heading">
<h2 id="examples-heading">Examples</h2>
<ul role="list">${EXAMPLES.map(
    ({ id, diagnosis }) =>
      html`<li><button type="button" data-example="assets/${id}.jpg" data-diagnosis="${LESION_CLASSES[diagnosis].name}"><img src="assets/${id}.jpg" alt="" width="448" height="336"><span>${LESION_CLASSES[diagnosis].name}</span></button></li>`,
  )}</ul>
<p class="fine">${EXAMPLES_ATTRIBUTION}</p>
</section>`;
}

function footer({ name, version, metrics, training, licence }: Manifest, origin: string) {
  return html`<footer>
<section aria-labelledby="model-heading">
<h2 id="model-heading">The model</h2>
<p class="prose">${name} ${version}, trained on ${training.dataset}. Measured on ${metrics.split}: balanced accuracy ${metrics.balancedAccuracy.toFixed(2)}, macro AUC ${metrics.macroAuc.toFixed(2)}, sensitivity for melanoma ${metrics.melanomaSensitivity.toFixed(2)}. Its card and all its facts are at <a href="model">/model</a>.</p>
<p class="prose fine">Weights: ${licence.weights}. ${licence.attribution} Code: ${licence.code}.</p>
</section>
<section aria-labelledby="api-heading">
<h2 id="api-heading">The API</h2>
<pre tabindex="0" role="region" aria-label="Commands">curl --data-binary @image.jpg ${origin}/predict
curl --data-binary @image.jpg ${origin}/gradcam -o heatmap.png</pre>
<p><a href="docs">All routes</a> · <a href="openapi.json">OpenAPI document</a></p>
</section>
</footer>`;
}

/** A size that is not rounded up: what is said to be taken is taken. */
function fileSize(bytes: number): string {
  const kibibytes = bytes / 1024;
  if (kibibytes < 1024) return `${Math.floor(kibibytes)} KiB`;
  return `${Math.floor(kibibytes / 10.24) / 100} MiB`;
}
