import type { QualityAnswer } from '../../../schemas/assessment.ts';
import type { Prediction } from '../../../schemas/prediction.ts';
import { showDecision } from './decision-view.ts';
import type { ShownAnswer } from './device-messages.ts';
import { element } from './element.ts';
import { showSimilar } from './similar-view.ts';
import { hottestPlace, percent } from './wording.ts';

export interface TimedAnswer {
  readonly answer: ShownAnswer;
  /** From the question to the answer, as the browser sees it. */
  readonly milliseconds: number;
}

/** Puts scores and facts in their places; `undefined` takes them away. */
export function showAnswer(timed: TimedAnswer | undefined): void {
  // Scores of an image that no answer should be given for would be believed all the same.
  showScores(timed?.answer.assessment?.abstained ? [] : timed?.answer.predictions);
  showDecision(timed?.answer);
  showSimilar(timed?.answer);
  element('facts', HTMLElement).hidden = !timed;
  if (!timed) return;
  const { model, image, timing, id, quality, limits } = timed.answer;
  writeWhereKnown('fact-quality', quality && describeQuality(quality));
  write('fact-limits', limits);
  const decoding = timing.decode_ms.toFixed(1);
  const network = timing.inference_ms.toFixed(1);
  const whole = Math.round(timed.milliseconds);
  write('fact-model', `${model.name} ${model.version}, sha256 ${model.sha256.slice(0, 12)}…`);
  write('fact-image', `${image.width} × ${image.height} pixels, ${image.format.toUpperCase()}`);
  write('fact-time', `decoding ${decoding} ms, network ${network} ms, in all ${whole} ms`);
  write('fact-id', id);
}

/** Rows in the order of the scores, with bars; without scores the rows stay where they are. */
function showScores(predictions: readonly Prediction[] = []): void {
  const list = element('scores', HTMLOListElement);
  list.classList.toggle('scored', predictions.length > 0);
  for (const place of list.querySelectorAll('.score, .codes')) place.textContent = '';
  for (const { label, score, codes } of predictions) {
    const row = list.querySelector(`[data-label="${label}"]`)!;
    row.querySelector('.score')!.textContent = percent(score);
    row.querySelector('.codes')!.textContent = codes.icd10
      ? `ICD-10 ${codes.icd10.join(', ')}`
      : '';
    row.querySelector<HTMLElement>('.fill')!.style.width = `${score * 100}%`;
    list.append(row);
  }
}

/** The answer in few sentences: a benign class on top hides neither the triage nor what the others add up to. */
export function headline({ predictions, assessment }: ShownAnswer): string {
  if (assessment?.abstained) {
    return `No answer for this picture. ${assessment.reasons[0]!.text}`;
  }
  const { name, risk, score } = predictions[0]!;
  const suspicious = predictions.filter((prediction) => prediction.risk !== 'benign');
  const together = suspicious.reduce((sum, prediction) => sum + prediction.score, 0);
  const triage = assessment ? `Assessment: ${assessment.triage}. ` : '';
  return `${triage}Highest score: ${name} (${risk}), ${percent(score)}. Malignant and premalignant classes together: ${percent(together)}.`;
}

/** What the heat map shows, in words; also for those who do not see it. */
export function describeMap({ class: label, heatmap, predictions }: ShownAnswer): string {
  const { name } = predictions.find((prediction) => prediction.label === label)!;
  const place = hottestPlace(heatmap.grid);
  if (!place) return `No region of the picture speaks for “${name}”.`;
  return `The regions that speak for “${name}”; the strongest lies ${where(place)}. ${Math.round(100 * heatmap.share)}% of the map speaks for it, the rest against it. Each map is scaled to its own strongest region: the maps of two classes cannot be compared.`;
}

/** Each measure with its limits, those that fail first; without limits, the value alone. */
function describeQuality({ checks }: QualityAnswer): string {
  return [...checks]
    .sort((a, b) => Number(a.passed) - Number(b.passed))
    .map(({ check, value, min, max, passed }) => {
      const limits = [
        ...(min === undefined ? [] : [`at least ${figure(min)}`]),
        ...(max === undefined ? [] : [`at most ${figure(max)}`]),
      ].join(', ');
      return `${check.replaceAll('_', ' ')} ${figure(value)} (${limits}${passed ? '' : ': failed'})`;
    })
    .join('; ');
}

function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}

function where(place: string): string {
  return place === 'centre' ? 'in the centre' : `at the ${place}`;
}

/** Takes the whole line away where the version does not know it. */
function writeWhereKnown(id: string, text: string | undefined): void {
  element(id, HTMLElement).parentElement!.hidden = text === undefined;
  write(id, text ?? '');
}

function write(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}
