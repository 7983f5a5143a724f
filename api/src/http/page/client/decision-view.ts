import { LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { Assessment, PredictionSet } from '../../../schemas/assessment.ts';
import type { ShownAnswer } from './device-messages.ts';
import { element } from './element.ts';
import { percent } from './wording.ts';

/** What to do next, in the words that a triage is researched with: not advice to a patient. */
const NEXT_STEP: Readonly<Record<Assessment['triage'] | 'abstained', string>> = {
  refer: 'Next step in research on triage: a dermatologist sees the lesion soon.',
  review: 'Next step in research on triage: a person who can judge the image looks at it.',
  routine:
    'Next step in research on triage: no further look. This rules nothing out: a lesion that changes or worries you belongs before a doctor.',
  abstained: 'Next step: take the image again as said above, or have a person look at the lesion.',
};

/** The decision first: its word, how it came about, why, what to do, and what cannot be excluded. */
export function showDecision(answer: ShownAnswer | undefined): void {
  const place = element('decision', HTMLElement);
  const assessment = answer?.assessment;
  place.hidden = assessment === undefined;
  if (!answer || !assessment) return;
  const { abstained, triage, reasons } = assessment;
  place.dataset.triage = abstained ? 'abstained' : triage;
  write('decision-word', abstained ? 'No answer for this image' : triage);
  write('decision-score', abstained ? '' : scoreSentence(assessment));
  element('decision-reasons', HTMLUListElement).replaceChildren(
    ...reasons.map(({ text }) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
  write('decision-step', NEXT_STEP[abstained ? 'abstained' : triage]);
  // A set of an image that no answer should be given for would be believed all the same.
  const set = abstained ? undefined : answer.prediction_set;
  write('decision-set', set ? describeSet(set) : '');
}

function scoreSentence({ malignant_score, threshold, operating_point }: Assessment): string {
  const comparison = malignant_score >= threshold ? 'reach' : 'stay below';
  return `The scores of malignant and premalignant classes add up to ${percent(malignant_score)}: they ${comparison} the threshold of ${percent(threshold)} (operating point ${operating_point}).`;
}

/** The classes by their names. */
function describeSet({ coverage, labels }: PredictionSet): string {
  const names = labels.map((label) => LESION_CLASSES[label].name).join(', ') || 'none of the seven';
  return `Cannot be excluded: ${names} (at a coverage of ${Math.round(100 * coverage)} %).`;
}

function write(id: string, text: string): void {
  element(id, HTMLElement).textContent = text;
}
