import { fill } from '../../../language/page/fill.ts';
import type { Assessment, PredictionSet } from '../../../schemas/assessment.ts';
import { ABSTENTION_REASONS } from '../../../schemas/reasons.ts';
import type { ShownAnswer } from './device-messages.ts';
import { create, element, write } from './element.ts';
import { adviceFor } from './quality-view.ts';
import { language, nameOf, texts } from './texts.ts';
import { percent } from './wording.ts';

/** The decision first: its word, how it came about, why, what to do, and what cannot be excluded. */
export function showDecision(answer: ShownAnswer | undefined): void {
  const place = element('decision', HTMLElement);
  const assessment = answer?.assessment;
  place.hidden = assessment === undefined;
  if (!answer || !assessment) return;
  const word = decisionWord(assessment);
  const { abstained, reasons } = assessment;
  place.dataset.triage = word ?? '';
  write('decision-word', word === null ? '' : texts.words[word]);
  write('decision-score', abstained ? '' : scoreSentences(assessment, answer.patient));
  // Why there is no answer, and nothing about scores that mean nothing.
  const shown = abstained
    ? reasons.filter(({ code }) => ABSTENTION_REASONS.includes(code))
    : reasons;
  element('decision-reasons', HTMLUListElement).replaceChildren(
    ...shown.map(({ text }) => create('li', text)),
  );
  write('decision-step', word === null ? texts.noTriage : texts.steps[word]);
  const advice = abstained ? reasons.flatMap(({ code }) => adviceFor(code) ?? []) : [];
  element('decision-advice', HTMLUListElement).replaceChildren(
    ...[...new Set(advice)].map((text) => create('li', text)),
  );
  // A set of an image that no answer should be given for would be believed all the same.
  const set = abstained ? undefined : answer.prediction_set;
  write('decision-set', set ? describeSet(set) : '');
  write('decision-pooled', 'pooled' in answer ? describePooling(answer.pooled) : '');
}

/** The triage, or that there is no answer; null where classes without risk groups have no word. */
export function decisionWord({
  abstained,
  triage,
}: Assessment): Assessment['triage'] | 'abstained' {
  return abstained ? 'abstained' : triage;
}

/** The score that is compared with the threshold, and what it is with the patient, as the rows of scores have it. */
function scoreSentences(
  { malignant_score, threshold, operating_point }: Assessment,
  patient: ShownAnswer['patient'],
): string {
  if (malignant_score === null || threshold === null || operating_point === null) return '';
  const reached = malignant_score >= threshold;
  const own = fill(reached ? texts.reached : texts.stayedBelow, {
    score: percent(malignant_score, language),
    threshold: percent(threshold, language),
    point: operating_point,
  });
  const withPatient = patient?.malignant_score ?? null;
  if (!patient || patient.used.length === 0 || withPatient === null) return own;
  const score = percent(withPatient, language);
  return `${own} ${fill(texts.withAndWithout, { score })}`;
}

/** The classes by their names. */
function describeSet({ coverage, labels }: PredictionSet): string {
  return fill(texts.set, {
    names: labels.map(nameOf).join(', ') || texts.noneOfClasses,
    coverage: new Intl.NumberFormat(language, { style: 'percent' }).format(coverage),
  });
}

function describePooling({
  photos,
  counted,
  fitted,
}: {
  readonly photos: number;
  readonly counted: number;
  readonly fitted: boolean;
}): string {
  const how = photos > 1 ? [fill(texts.pooled, { counted, photos })] : [];
  return [...how, ...(fitted ? [] : [texts.notFitted])].join(' ');
}
