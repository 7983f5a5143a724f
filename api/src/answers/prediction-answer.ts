import { malignantScore } from '@naevus/shared/answer/operating-point';
import { withFactors } from '@naevus/shared/answer/patient-factors';
import { priorFactors, withPrior } from '@naevus/shared/answer/prior';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { oncePer } from '@naevus/shared/once-per';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Analysis, ServedModel } from '../analysis/engine.ts';
import type { Assessment } from '../schemas/assessment.ts';
import type {
  BatchItem,
  Codes,
  ModelReference,
  Prediction,
  PredictResponse,
} from '../schemas/prediction.ts';
import { ABSTENTION_REASONS } from '../schemas/reasons.ts';
import { type AnswerFactors, assess } from './assess.ts';
import { ProblemError } from './problem-error.ts';
import type { AnswerOptions } from './resolve-options.ts';
import { similarAnswer } from './similar-answer.ts';

/** Which weights answered. */
export function modelReference({ manifest, sha256 }: ServedModel): ModelReference {
  return { name: manifest.name, version: manifest.version, sha256 };
}

/** What an answer says of the views that it is averaged over: nothing where it is one. */
export function averagedViews(tta: TtaViews): Pick<PredictResponse, 'tta'> {
  return tta === 1 ? {} : { tta };
}

const listOrNull = (codes: readonly string[]) => (codes.length > 0 ? [...codes] : null);

/** Codes of each class as answers have them, made once for each taxonomy. */
const codesOf = oncePer(({ classes }: Taxonomy): readonly Codes[] =>
  classes.map(({ codes: { icd10, icd11, snomedCt } }) => ({
    icd10: listOrNull(icd10),
    icd11: listOrNull(icd11),
    snomed_ct: listOrNull(snomedCt),
  })),
);

/** The scores with their labels, the highest first; ties in the order of the labels. */
export function rankedPredictions(
  scores: readonly number[],
  topK: number,
  taxonomy: Taxonomy,
): Prediction[] {
  const codes = codesOf(taxonomy);
  return taxonomy.classes
    .map(({ label, name, risk }, i) => {
      const score = scores[i]!;
      return { label, name: name.en, score, risk: risk ?? null, codes: codes[i]! };
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, topK);
}

/**
 * What an answer says of scores: the predictions under the prior that was asked for and with what is known
 * of the patient, and where something is, what they are without it.
 *
 * @param scores of the version's own prior
 */
export function answeredScores(
  scores: readonly number[],
  topK: number,
  { taxonomy, manifest: { prior } }: ServedModel,
  options: Pick<AnswerOptions, 'prior' | 'patient'>,
): Pick<PredictResponse, 'predictions' | 'patient'> {
  const { patient } = options;
  const answered = withPrior(
    scores,
    prior.probabilities,
    options.prior.probabilities,
    labelsOf(taxonomy),
  );
  const predictions = rankedPredictions(answered, topK, taxonomy);
  if (patient === undefined) return { predictions };
  const { given, factors, used, unused } = patient;
  return {
    predictions: rankedPredictions(withFactors(answered, factors), topK, taxonomy),
    patient: {
      used: used.map((name) => ({ name, value: given[name]! })),
      not_used: unused.map(({ name, reason }) => ({ name, value: given[name]!, reason })),
      malignant_score: malignantScore(withFactors(scores, factors), taxonomy) ?? null,
      predictions,
    },
  };
}

/** What scores of the version's own prior are multiplied with, up to a factor that all share. */
export function answerFactors(
  { manifest, taxonomy }: ServedModel,
  { prior, patient }: Pick<AnswerOptions, 'prior' | 'patient'>,
): number[] {
  return priorFactors(manifest.prior.probabilities, prior.probabilities, labelsOf(taxonomy)).map(
    (factor, k) => factor * (patient?.factors[k] ?? 1),
  );
}

/** What an assessment has to know of the options. */
export function assessmentFactors(model: ServedModel, options: AnswerOptions): AnswerFactors {
  return { patient: options.patient?.factors, answer: answerFactors(model, options) };
}

/** What an answer says of one photo. */
export type ImageAnswer = Exclude<BatchItem, { error: unknown }>;

/** What an answer says of an image, be it a photo or pixels. */
export type ScoredAnswer = Omit<ImageAnswer, 'image' | 'timing'>;

/**
 * What an answer says of an image, be it a photo or pixels.
 *
 * @throws ProblemError `abstained` where the options are strict and no answer should be given
 */
export function answerAboutScores(
  { scores, measurements, similar }: Analysis,
  topK: number,
  model: ServedModel,
  options: AnswerOptions,
): ScoredAnswer {
  const { manifest, taxonomy } = model;
  const assessed =
    measurements &&
    assess({ scores, ...measurements }, model, options, assessmentFactors(model, options));
  if (options.strict && assessed?.assessment.abstained) {
    const { assessment, quality, in_distribution, modality } = assessed;
    throw abstention(assessment, { quality, in_distribution, ...(modality && { modality }) });
  }
  return {
    ...answeredScores(scores, topK, model, options),
    ...assessed,
    ...(similar &&
      similarAnswer(
        similar,
        manifest.version,
        assessed?.prediction_set?.labels ?? labelsOf(taxonomy),
      )),
  };
}

/**
 * What an answer says of one photo.
 *
 * @throws ProblemError `abstained` where the options are strict and no answer should be given
 * @throws Error where the analysis is of pixels
 */
export function answerAboutImage(
  analysis: Analysis,
  topK: number,
  model: ServedModel,
  options: AnswerOptions,
): ImageAnswer {
  const { image, timing } = analysis;
  if (image === undefined) throw new Error('pixels have no size and format of their own');
  return {
    ...answerAboutScores(analysis, topK, model, options),
    image,
    timing: {
      decode_ms: roundToMicroseconds(timing.decodeMs),
      inference_ms: roundToMicroseconds(timing.inferenceMs),
    },
  };
}

/**
 * Why there is no answer, without its scores.
 *
 * @param members what else the problem says
 */
export function abstention(
  { malignant_score: _, ...assessment }: Assessment,
  members: Readonly<Record<string, unknown>> = {},
): ProblemError {
  const why = assessment.reasons
    .filter(({ code }) => ABSTENTION_REASONS.includes(code))
    .map(({ text }) => text);
  return new ProblemError('abstained', why.join(' '), { abstention: assessment, members });
}

function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
