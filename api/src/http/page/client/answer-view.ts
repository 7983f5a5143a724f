import { fill } from '../../../language/page/fill.ts';
import type { Prediction } from '../../../schemas/prediction.ts';
import { decisionWord, showDecision } from './decision-view.ts';
import type { Query, ShownAnswer } from './device-messages.ts';
import { element, write } from './element.ts';
import { showQuality } from './quality-view.ts';
import { showSimilar } from './similar-view.ts';
import { language, texts } from './texts.ts';
import { decimal, percent } from './wording.ts';

export interface TimedAnswer {
  readonly answer: ShownAnswer;
  /** From the question to the answer, as the browser sees it. */
  readonly milliseconds: number;
  /** When it came, ISO 8601. */
  readonly answeredAt: string;
  /** What was asked for beside the photos. */
  readonly query: Query;
}

/**
 * Puts scores and facts in their places; `undefined` takes them away.
 *
 * @param photo which one of the lesion's is shown, from 0
 */
export function showAnswer(timed: TimedAnswer | undefined, photo = 0): void {
  // Scores of an image that no answer should be given for would be believed all the same.
  showScores(timed?.answer.assessment?.abstained ? [] : timed?.answer.predictions);
  showDecision(timed?.answer);
  showSimilar(timed?.answer);
  showFacts(timed, photo);
}

/** Facts of the photo that is shown, and of the answer. */
export function showFacts(timed: TimedAnswer | undefined, photo: number): void {
  const about = timed && photoAnswer(timed.answer, photo);
  showQuality(about?.quality);
  element('facts', HTMLElement).hidden = !timed;
  if (!timed) return;
  const { model, id, limits, prior, tta, patient, assessment } = timed.answer;
  write('fact-limits', limits);
  writeWhereKnown(
    'fact-patient',
    patient && describePatient(patient, assessment?.abstained === true),
  );
  write('fact-options', [`prior=${prior.name}`, ...(tta ? [`tta=${tta}`] : [])].join(', '));
  write('fact-model', fill(texts.modelFacts, { ...model, digest: model.sha256.slice(0, 12) }));
  writeWhereKnown(
    'fact-image',
    about && fill(texts.imageFacts, { ...about.image, format: about.image.format.toUpperCase() }),
  );
  const whole = Math.round(timed.milliseconds);
  const times = about && {
    decoding: decimal(about.timing.decode_ms, language),
    network: decimal(about.timing.inference_ms, language),
  };
  write(
    'fact-time',
    times ? fill(texts.times, { ...times, whole }) : fill(texts.timeInAll, { whole }),
  );
  write('fact-id', id);
}

/** What was answered about one photo by itself; undefined where it could not be read. */
export function photoAnswer(answer: ShownAnswer, photo: number) {
  if (!('images' in answer)) return answer;
  const one = answer.images[photo];
  return one && 'predictions' in one ? one : undefined;
}

/** Rows in the order of the scores, with bars; without scores the rows stay where they are. */
function showScores(predictions: readonly Prediction[] = []): void {
  const list = element('scores', HTMLOListElement);
  list.classList.toggle('scored', predictions.length > 0);
  for (const place of list.querySelectorAll('.score, .codes')) place.textContent = '';
  for (const { label, score, codes } of predictions) {
    const row = list.querySelector(`[data-label="${label}"]`)!;
    row.querySelector('.score')!.textContent = percent(score, language);
    row.querySelector('.codes')!.textContent = describeCodes(codes);
    row.querySelector<HTMLElement>('.fill')!.style.width = `${score * 100}%`;
    list.append(row);
  }
}

/** The codes of each system that has some for the class. */
function describeCodes(codes: Prediction['codes']): string {
  const systems = [
    'icd10',
    'icd11',
    'snomed_ct',
  ] as const satisfies readonly (keyof typeof codes)[];
  return systems
    .flatMap((system) =>
      codes[system] ? [`${texts.codes[system]} ${codes[system].join(', ')}`] : [],
    )
    .join(' · ');
}

/** The answer in few sentences: a benign class on top hides neither the triage nor what the others add up to. */
export function headline({ predictions, assessment }: ShownAnswer): string {
  if (assessment?.abstained) {
    return fill(texts.abstainedHeadline, { reason: assessment.reasons[0]!.text });
  }
  const { name, risk, score } = predictions[0]!;
  const values = { name, score: percent(score, language) };
  if (risk === null) return fill(texts.highestWithoutRisk, values);
  const suspicious = predictions.filter((prediction) => prediction.risk !== 'benign');
  const together = suspicious.reduce((sum, prediction) => sum + prediction.score, 0);
  const highest = fill(texts.highest, {
    ...values,
    risk: texts.risks[risk],
    together: percent(together, language),
  });
  const word = assessment && decisionWord(assessment);
  if (!word) return highest;
  return `${fill(texts.assessed, { triage: texts.words[word] })} ${highest}`;
}

/** What of the patient was used, and what it changed; without a score where there is no answer. */
function describePatient(
  { used, not_used, malignant_score }: NonNullable<ShownAnswer['patient']>,
  abstained: boolean,
): string {
  const names = (list: readonly { readonly name: keyof typeof texts.variables }[]) =>
    list.map(({ name }) => texts.variables[name]).join(', ');
  return [
    ...(used.length > 0 ? [fill(texts.usedOfPatient, { names: names(used) })] : []),
    ...(not_used.length > 0 ? [fill(texts.notUsedOfPatient, { names: names(not_used) })] : []),
    // A score of an image that no answer should be given for would be believed all the same.
    ...(abstained || malignant_score === null
      ? []
      : [fill(texts.withPatient, { score: percent(malignant_score, language) })]),
  ].join(' ');
}

/** Takes the whole line away where it is not known. */
function writeWhereKnown(id: string, text: string | undefined): void {
  element(id, HTMLElement).parentElement!.hidden = text === undefined;
  write(id, text ?? '');
}
