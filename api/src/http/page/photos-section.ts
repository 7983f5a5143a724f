import { html } from 'hono/html';
import { downloadBytes } from '../../analysis/browser-files.ts';
import { fill } from '../../language/page/fill.ts';
import { MAX_PHOTOS } from '../../schemas/request.ts';
import { examplesOf } from './examples.ts';
import { byRisk, fileSize, type PageContext } from './page-context.ts';

const ACCEPT = 'image/jpeg,image/png,image/webp';

/** The photos of the lesion: how they come, how they are looked at, and what is asked about them. */
export function photosSection(context: PageContext) {
  const { markup, limits, manifest, sha256, taxonomy } = context;
  const { photos } = markup;
  const most = Math.min(MAX_PHOTOS, limits.maxBatch);
  const size = fileSize(limits.maxBodyBytes);
  const download = downloadBytes(manifest);
  const kept = fill(photos.kept, { size: `${Math.ceil(download / 1e6)} MB` });
  return html`<section class="photos" aria-labelledby="photos-heading">
<h2 id="photos-heading">${photos.heading}</h2>
<p id="status" role="status">${photos.none}</p>
<div id="problem" role="alert"></div>
<form id="key-form" class="key" hidden>
<label for="key">${photos.key}</label>
<input id="key" type="password" autocomplete="off" spellcheck="false" required>
<button class="button" type="submit">${photos.useKey}</button>
</form>
<div id="stage" class="stage">
<p id="stage-hint"><span class="with-mouse">${photos.dropHere}</span><span class="without-mouse">${photos.appearHere}</span></p>
<p id="no-preview" hidden>${photos.noPreview}</p>
${viewer(context)}
</div>
<ul id="photo-list" class="photo-list" role="list" aria-label="${photos.list}" hidden></ul>
${mapControls(context)}
<div class="buttons">
<label class="button primary"><input id="choose" type="file" multiple accept="${ACCEPT}" aria-describedby="privacy">${photos.choose}</label>
<label class="button without-mouse"><input id="camera" type="file" accept="${ACCEPT}" capture="environment" aria-describedby="camera-caution privacy">${photos.take}</label>
<label id="add-photos" class="button" hidden><input id="add" type="file" multiple accept="${ACCEPT}" aria-describedby="privacy">${photos.add}</label>
</div>
<p id="camera-caution" class="fine without-mouse">${photos.takeCaution}</p>
<p class="fine"><span id="limit" data-bytes="${limits.maxBodyBytes}" data-size="${size}" data-photos="${most}">${fill(photos.accepted, { photos: most, size })}</span>${examplesOf(taxonomy).length > 0 ? html` <a href="#examples">${photos.takeExample}</a>` : ''}</p>
<p id="on-device-choice" hidden><label><input id="on-device" type="checkbox" aria-describedby="privacy" data-version="${manifest.version}" data-sha256="${sha256}" data-similar="${String(manifest.similarCases !== undefined)}"> ${photos.onDevice}</label></p>
<progress id="download" aria-label="${photos.download}" hidden></progress>
<p id="download-text" class="fine" role="status"></p>
<p id="privacy" class="fine" aria-live="polite" data-server="${photos.sent}" data-device="${kept}">${photos.sent}</p>
</section>`;
}

function viewer({ markup: { viewer, photos } }: PageContext) {
  return html`<div id="viewer" class="viewer" tabindex="0" role="group" aria-label="${viewer.label}" data-view="overlay" hidden>
<div class="frame photo-frame"><canvas id="photo" role="img" aria-label="${photos.photo}"></canvas></div>
<div class="frame overlay-frame"><canvas id="overlay" role="img" aria-label="${photos.photo}"></canvas></div>
</div>
<div id="viewer-tools" class="viewer-tools" hidden>
<button id="zoom-in" class="button" type="button">${viewer.zoomIn}</button>
<button id="zoom-out" class="button" type="button">${viewer.zoomOut}</button>
<button id="zoom-reset" class="button" type="button">${viewer.whole}</button>
<p class="fine">${viewer.help}</p>
</div>`;
}

function mapControls({ markup: { viewer, map }, classes, taxonomy }: PageContext) {
  const views = [
    ['overlay', viewer.overlay],
    ['side', viewer.side],
    ['photo', viewer.photo],
  ] as const;
  return html`<p id="map-note"></p>
<div id="map" class="map" hidden>
<fieldset class="views"><legend>${viewer.view}</legend>${views.map(
    ([value, text]) =>
      html`<label><input type="radio" name="view" value="${value}"${value === 'overlay' ? html` checked` : ''}> ${text}</label> `,
  )}</fieldset>
<label for="explain">${map.class}</label>
<select id="explain">${byRisk(taxonomy).map(({ label }) => html`<option value="${label}">${classes[label]!}</option>`)}</select>
<label for="opacity">${map.opacity}</label>
<span class="slider"><input id="opacity" type="range" min="0" max="100" step="5" value="50"><output id="opacity-value" for="opacity">50%</output></span>
<span class="map-legend-name" aria-hidden="true">${map.evidence}</span>
<span class="legend" role="img" aria-label="${map.legend}"><span>${map.least}</span><canvas id="colour-bar" width="256" height="1"></canvas><span>${map.most}</span></span>
<p><label><input id="finer" type="checkbox"> ${map.finer}</label></p>
<p id="map-caption" class="fine" aria-live="polite"></p>
</div>`;
}
