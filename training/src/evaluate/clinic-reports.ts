import type { Sample } from '../data/load/dataset.ts';
import { labels } from '../taxonomy/current.ts';
import type { ModelAssessment } from './assessment/assess-model.ts';
import { type BuiltLesions, buildLesions } from './lesions/lesion-report.ts';
import { type BuiltPatient, buildPatient } from './patient/patient-report.ts';

/** What was fitted for lesions with several photos, and for what is known of the patient. */
export interface ClinicReports {
  /** Where enough validation lesions have several photos. */
  readonly lesions: BuiltLesions | undefined;
  /** Where the metadata say something of the patients. */
  readonly patient: BuiltPatient | undefined;
}

/** Fits and measures both on what the assessment found in the validation images. */
export function buildClinicReports({
  assessment,
  training,
  validation,
  prior,
  seed,
}: {
  readonly assessment: Pick<
    ModelAssessment,
    'images' | 'heldOutScores' | 'heldOutFits' | 'fitted' | 'report'
  >;
  readonly training: readonly Sample[];
  /** In the order of the assessment's images. */
  readonly validation: readonly Sample[];
  /** What the scores assume. */
  readonly prior: Readonly<Record<string, number>>;
  readonly seed: number;
}): ClinicReports {
  const images = assessment.images.map((image, i) => ({
    image,
    scores: assessment.heldOutScores[i]!,
    fitted: assessment.heldOutFits[i]!,
  }));
  return {
    lesions: buildLesions({
      images,
      fitted: assessment.fitted,
      kind: assessment.report.conformal.default,
      split: 'validation',
      seed,
    }),
    patient: buildPatient({
      training,
      validation,
      images,
      prior: labels().map((label) => prior[label]!),
      seed,
    }),
  };
}
