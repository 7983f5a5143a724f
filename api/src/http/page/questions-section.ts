import { BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { defaultOperatingPoint, operatingPointNames } from '@naevus/shared/answer/operating-point';
import { MAX_AGE, SEXES } from '@naevus/shared/answer/patient-spec';
import { COVERAGES, DEFAULT_COVERAGE } from '@naevus/shared/answer/prediction-set';
import { TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import { html } from 'hono/html';
import { fill } from '../../language/page/fill.ts';
import type { PageContext } from './page-context.ts';

/** What is known of the patient, and the options of a request; each field is named as in its query. */
export function questionsSection(context: PageContext) {
  const { markup, script } = context;
  const { patient } = markup;
  return html`<section class="known" aria-labelledby="questions-heading">
<h2 id="questions-heading">${patient.heading}</h2>
<form id="questions">
<p class="fine">${patient.hint}</p>
<div class="fields">
<label>${patient.age} <input name="age" type="number" min="0" max="${MAX_AGE}" step="any" inputmode="decimal" autocomplete="off"></label>
<label>${patient.sex} <select name="sex"><option value="">${patient.unknown}</option>${SEXES.map((sex) => html`<option value="${sex}">${script.sexes[sex]}</option>`)}</select></label>
<label>${patient.site} <select name="site"><option value="">${patient.unknown}</option>${BODY_SITE_NAMES.map((site) => html`<option value="${site}">${script.sites[site]}</option>`)}</select></label>
<label>${patient.takenOn} <input id="taken-on" type="date"></label>
<label class="wide">${patient.lesion} <input id="lesion" type="text" maxlength="60" autocomplete="off" aria-describedby="lesion-hint"></label>
</div>
<p id="lesion-hint" class="fine">${patient.lesionHint}</p>
${options(context)}
<p class="apply"><button class="button" type="submit">${patient.apply}</button> <span id="questions-changed" role="status"></span></p>
</form>
</section>`;
}

function options({
  language,
  markup: { options: texts },
  manifest,
  versions,
  taxonomy,
  classTexts,
}: PageContext) {
  const labels = labelsOf(taxonomy);
  const count = labels.length;
  const points = operatingPointNames(taxonomy);
  const usual = defaultOperatingPoint(taxonomy);
  const assessed = manifest.assessment !== undefined;
  const percent = new Intl.NumberFormat(language, { style: 'percent' });
  return html`<details class="options"><summary>${texts.heading}</summary>
<div class="fields">
<label class="wide">${texts.prior} <select id="prior" name="prior">
<option value="">${texts.priorOwn} (${manifest.prior.name})</option>
${manifest.prior.name === 'training' ? html`<option value="training">${texts.priorTraining}</option>` : ''}
<option value="uniform">${texts.priorUniform}</option>
<option value="custom">${texts.priorCustom}</option></select></label>
<label id="shares-field" class="wide" hidden>${fill(texts.priorShares, { count, labels: labels.join(', ') })} <input id="shares" name="shares" type="text" inputmode="decimal" autocomplete="off" pattern="\\s*0\\.\\d+(\\s*,\\s*0\\.\\d+){${count - 1}}\\s*" disabled></label>
${
  assessed
    ? html`${points.length > 0 ? html`<label class="wide">${texts.operatingPoint} <select name="operating_point">${points.map((point) => option(point, `${classTexts.point(point)} (${point})`, usual!))}</select></label>` : ''}
<label>${texts.coverage} <select name="coverage">${COVERAGES.map((coverage) => option(coverage, percent.format(coverage), DEFAULT_COVERAGE))}</select></label>`
    : ''
}
<label>${texts.tta} <select name="tta">${TTA_CHOICES.map((views) => option(views, String(views), 1))}</select></label>
<label>${texts.version} <select id="version" name="version">${versions.map((version) => {
    const { version: current } = manifest;
    const text = version === current ? fill(texts.current, { version }) : version;
    return option(version, text, current);
  })}</select></label>
${assessed ? html`<label class="wide check"><input name="strict" type="checkbox" value="true"> ${texts.strict}</label>` : ''}
</div>
</details>`;
}

/** The default is sent as nothing: what a request takes for granted. */
function option<T extends string | number>(value: T, text: string, taken: T) {
  const isDefault = value === taken;
  return html`<option value="${isDefault ? '' : String(value)}"${isDefault ? html` selected` : ''}>${text}</option>`;
}
