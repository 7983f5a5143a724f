import {
  defaultOperatingPoint,
  malignantScore,
  REFERRAL_POINT,
  TRIAGE,
  type Triage,
} from '@naevus/shared/answer/operating-point';
import { withFactors } from '@naevus/shared/answer/patient-factors';
import {
  COVERAGES,
  type ConformityScore,
  conformalSet,
  DEFAULT_COVERAGE,
} from '@naevus/shared/answer/prediction-set';
import { mayBeUnseen, type UnseenThreshold } from '@naevus/shared/answer/unseen';
import { checkQuality, LIMITS_OF_OLDER_VERSIONS } from '@naevus/shared/image/image-quality';
import type { MeasuredModality } from '@naevus/shared/model/modality';
import { criticalIndices, labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Measurements, ServedModel } from '../analysis/engine.ts';
import { classTexts } from '../language/class-texts.ts';
import { isHam10000 } from '../language/ham10000.ts';
import type {
  Assessment,
  InDistribution,
  ModalityAnswer,
  PredictionSet,
  QualityAnswer,
  Reason,
} from '../schemas/assessment.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import { QUALITY_REASONS, type ReasonCode } from '../schemas/reasons.ts';

/**
 * The network sees every image squeezed to a square. The images of all training and test sources have ratios up to 1.86
 * (most of them 1.33); phones' widest frames have 2.22.
 */
const MOST_ASPECT_RATIO = 2.5;

/** What is known of one image. */
export interface ScoredMeasurements extends Measurements {
  /** Calibrated, of the artifact's own prior: what all thresholds and quantiles were fitted with. */
  readonly scores: readonly number[];
}

/** What the caller chooses. */
export interface AssessmentOptions {
  /** One of `COVERAGES`. */
  readonly coverage?: number | undefined;
  /** Of the version; its default without it. */
  readonly operatingPoint?: string | undefined;
}

/** The members of an answer that say how far it goes. */
export interface AssessedAnswer extends Judgement {
  readonly quality: QualityAnswer;
  readonly in_distribution: InDistribution;
  /** Where the version was fitted to tell. */
  readonly modality?: ModalityAnswer;
}

/**
 * Holds what was found in an image against what the artifact was fitted with.
 *
 * Prediction sets and triage follow the artifact's own prior, whatever prior the scores are answered with:
 * coverage of each class, sensitivity and specificity do not depend on how common the classes are. Only the class
 * that the answer puts first is added to the set, as no answer may exclude it.
 *
 * An answer abstains where the image was not taken through a dermatoscope, is out of distribution, is a strip or fails
 * a limit of quality. Then nothing is `routine`, and what has no score, being of another kind or out of distribution, is not
 * `refer` either.
 *
 * What may be a diagnosis that is none of the classes (`unseen` of the taxonomy) is not `routine` either.
 * Classes without risk groups have no malignant score and no word of triage.
 *
 * @param factors what is known of the patient, and what the answered scores are multiplied with
 * @throws Error when the manifest has no `assessment`, or not the threshold asked for
 */
export function assess(
  { scores, quality, distance, modality: measured, aspectRatio }: ScoredMeasurements,
  { taxonomy, manifest: { assessment: spec, thresholds } }: AssessedModel,
  options: AssessmentOptions = {},
  factors: AnswerFactors = {},
): AssessedAnswer {
  if (spec === undefined) throw new Error('this version has nothing to assess its answers with');
  const checks = checkQuality(quality, { ...LIMITS_OF_OLDER_VERSIONS, ...spec.quality.limits });
  const inside = distance <= spec.outOfDistribution.threshold;
  const modality = measured && spec.modality && answerModality(measured, spec.modality.threshold);
  const hasScore = inside && modality?.passed !== false;
  const elongated = aspectRatio > MOST_ASPECT_RATIO;
  const abstained = !hasScore || elongated || checks.some(({ passed }) => !passed);
  const doubts: ReasonCode[] = [];
  if (modality?.passed === false) doubts.push('not-dermoscopic');
  if (!inside) doubts.push('out-of-distribution');
  if (elongated) doubts.push('too-elongated');
  for (const { check, value, min, passed } of checks) {
    if (passed) continue;
    doubts.push(QUALITY_REASONS[check][min !== undefined && value < min ? 'low' : 'high']);
  }
  const { default: kind, quantiles } = spec.conformal;
  return {
    ...judge(
      { scores, hasScore, abstained, doubts, factors },
      {
        kind,
        quantiles: quantiles[kind],
        thresholds,
        unseenThreshold: spec.triage.squamous?.threshold,
        taxonomy,
      },
      options,
    ),
    quality: { passed: checks.every(({ passed }) => passed), checks },
    in_distribution: {
      passed: inside,
      distance,
      threshold: spec.outOfDistribution.threshold,
    },
    ...(modality && { modality }),
  };
}

/** What of a version assesses its answers. */
export type AssessedModel = Pick<ServedModel, 'taxonomy'> & {
  readonly manifest: Pick<ServedModel['manifest'], 'assessment' | 'thresholds'>;
};

/** What scores are multiplied with, one a label; without it, nothing. */
export interface AnswerFactors {
  /** As `patientFactors` gives it: may raise the word of triage. */
  readonly patient?: readonly number[] | undefined;
  /** Prior and patient together: what the answered scores were multiplied with. */
  readonly answer?: readonly number[] | undefined;
}

/** What is judged: an image, or a lesion. */
interface Judged {
  readonly scores: readonly number[];
  /** Whether it looks like what was trained on, and was taken like it. */
  readonly hasScore: boolean;
  readonly abstained: boolean;
  /** Why it is abstained from, and what else is to be said. */
  readonly doubts: readonly ReasonCode[];
  readonly factors: AnswerFactors;
}

/** What it is judged by. */
interface Yardstick {
  readonly kind: ConformityScore;
  /** One row a coverage, one column a label; without them there is no set. */
  readonly quantiles: readonly (readonly (number | null)[])[] | undefined;
  readonly thresholds: Readonly<Record<string, number>>;
  /** From here on what is none of the classes is not excluded; undefined where that is not told. */
  readonly unseenThreshold?: UnseenThreshold | undefined;
  readonly taxonomy: Taxonomy;
}

export interface Judgement {
  readonly assessment: Assessment;
  /** Undefined where there are no quantiles. */
  readonly prediction_set?: PredictionSet;
}

/**
 * Set and triage of scores.
 *
 * @throws Error when there is no such threshold or coverage
 */
export function judge(
  { scores, hasScore, abstained, doubts, factors }: Judged,
  { kind, quantiles, thresholds, unseenThreshold, taxonomy }: Yardstick,
  { coverage = DEFAULT_COVERAGE, operatingPoint: asked }: AssessmentOptions,
): Judgement {
  const row = COVERAGES.indexOf(coverage);
  if (row < 0) throw new RangeError(`there are no quantiles of a coverage of ${coverage}`);
  const set =
    quantiles &&
    conformalSet(
      scores,
      kind,
      quantiles[row]!.map((quantile) => quantile ?? Number.POSITIVE_INFINITY),
    );

  const first = highest(factors.answer ? withFactors(scores, factors.answer) : scores);
  const inSet = (k: number) => set!.classes.includes(k) || k === first;

  const operatingPoint = asked ?? defaultOperatingPoint(taxonomy);
  const triaged =
    operatingPoint === undefined
      ? undefined
      : triageScores({ scores, hasScore, abstained, factors }, operatingPoint, {
          thresholds,
          unseenThreshold,
          taxonomy,
        });
  const reasons: ReasonCode[] = [...doubts];
  if (hasScore) {
    reasons.push(...(triaged?.reasons ?? []));
    if (set && criticalIndices(taxonomy).some(inSet)) {
      reasons.push(isHam10000(taxonomy) ? 'melanoma-not-excluded' : 'critical-not-excluded');
    }
    if (set?.typical === false) reasons.push('no-typical-class');
  }
  return {
    assessment: {
      malignant_score: triaged?.score ?? null,
      threshold: triaged?.threshold ?? null,
      operating_point: operatingPoint ?? null,
      flagged: triaged ? triaged.triage !== 'routine' : abstained,
      triage: triaged?.triage ?? null,
      abstained,
      reasons: reasons.map((code) => reasonOf(code, taxonomy)),
    },
    ...(set && {
      prediction_set: { coverage, labels: labelsOf(taxonomy).filter((_, k) => inSet(k)) },
    }),
  };
}

/** A reason with its text in English. */
export function reasonOf(code: ReasonCode, taxonomy: Taxonomy): Reason {
  return { code, text: classTexts(taxonomy, DEFAULT_LANGUAGE).reasons[code] };
}

/** The word for scores of classes with risk groups, and how it came about. */
function triageScores(
  { scores, hasScore, abstained, factors }: Omit<Judged, 'doubts'>,
  operatingPoint: string,
  { thresholds, unseenThreshold, taxonomy }: Omit<Yardstick, 'kind' | 'quantiles'>,
) {
  const score = malignantScore(scores, taxonomy)!;
  const threshold = thresholdOf(thresholds, operatingPoint);
  const referral = thresholdOf(thresholds, REFERRAL_POINT);
  const own = triageOf(score, threshold, referral);
  const raised =
    factors.patient &&
    triageOf(malignantScore(withFactors(scores, factors.patient), taxonomy)!, threshold, referral);
  const word = raised && TRIAGE.indexOf(raised) < TRIAGE.indexOf(own) ? raised : own;
  const unseen = mayBeUnseen(scores, unseenThreshold, operatingPoint, taxonomy);
  const doubtful = abstained || unseen;
  const triage: Triage =
    (abstained && !hasScore) || (doubtful && word === 'routine') ? 'review' : word;
  const reasons: ReasonCode[] = [SCORE_REASONS[own]];
  if (word !== own) reasons.push('raised-by-patient');
  if (unseen && word === 'routine') {
    reasons.push(isHam10000(taxonomy) ? 'squamous-not-excluded' : 'unseen-not-excluded');
  }
  return { score, threshold, triage, reasons };
}

function answerModality(
  { kind, dermoscopic }: MeasuredModality,
  threshold: number,
): ModalityAnswer {
  return { passed: dermoscopic >= threshold, kind, dermoscopic, threshold };
}

const SCORE_REASONS: Readonly<Record<Triage, ReasonCode>> = {
  refer: 'far-above-threshold',
  review: 'above-threshold',
  routine: 'below-threshold',
};

/** Index of the highest score. */
function highest(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

function triageOf(score: number, threshold: number, referral: number): Triage {
  if (score < threshold) return 'routine';
  return score >= referral ? 'refer' : 'review';
}

function thresholdOf(thresholds: Readonly<Record<string, number>>, point: string): number {
  const threshold = thresholds[point];
  if (threshold === undefined) throw new Error(`the manifest has no threshold "${point}"`);
  return threshold;
}
