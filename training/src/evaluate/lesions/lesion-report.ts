import { type CriticalMember, criticalMember } from '@naevus/shared/answer/critical-figures';
import { type LesionSpec, PHOTO_COUNTS } from '@naevus/shared/answer/lesion-spec';
import { REFERRAL_POINT } from '@naevus/shared/answer/operating-point';
import { POOLINGS, type Pooling } from '@naevus/shared/answer/pool-photos';
import {
  COVERAGES,
  type ConformityScore,
  conformalSet,
  DEFAULT_COVERAGE,
} from '@naevus/shared/answer/prediction-set';
import { createRandom } from '@naevus/shared/statistics/random';
import {
  criticalClasses,
  hasCritical,
  isBenign,
  labelIndex,
  labels,
  malignantScore,
  pointNames,
  taxonomy,
} from '../../taxonomy/current.ts';
import type { FittedAssessment } from '../assessment/fit-assessment.ts';
import { type FlaggingFit, isFlagged } from '../assessment/flagged.ts';
import { lesionFolds } from '../assessment/lesion-folds.ts';
import { type Measured, measuredShare } from '../assessment/lesion-interval.ts';
import { bootstrapStatistics } from '../metrics/bootstrap.ts';
import { calibration as reliability } from '../metrics/calibration-error.ts';
import type { SampleWeights } from '../metrics/confusion-matrix.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import type { Estimate } from '../metrics/subgroups.ts';
import { type FittedLesions, fitLesions, fitTemperature, type LesionPlan } from './fit-lesions.ts';
import {
  groupByLesion,
  type HeldOutImage,
  type HeldOutLesion,
  pooledScores,
} from './pooled-lesion.ts';

export type PhotoCount = (typeof PHOTO_COUNTS)[number];

/** One way of pooling, measured on lesions with several photos. */
export interface PoolingCandidate {
  readonly pooling: Pooling;
  readonly logLoss: number;
  /** Of the difference to the lowest log loss; 0 of the lowest itself. */
  readonly standardError: number;
  readonly balancedAccuracy: number;
}

export const LESION_FIGURES = [
  'balancedAccuracy',
  'logLoss',
  'melanomaSensitivity',
  'specificity',
] as const;

export type LesionFigure = (typeof LESION_FIGURES)[number];

/** What answers to lesions of so many photos are worth. */
export interface PhotoCountReport {
  readonly photos: PhotoCount | 'all';
  readonly lesions: number;
  /** Lesions of the critical classes. */
  readonly melanomas: number;
  readonly logLoss: number | null;
  readonly expectedCalibrationError: number | null;
  /** What it is on average where labels are drawn from the scores themselves: below it nothing can be told. */
  readonly calibrationErrorByChance: number | null;
  /** Sets at 90 % as they are served, and with the quantiles of images. */
  readonly coverage90: Measured;
  readonly coverage90ByImageQuantiles: Measured;
  readonly meanSetSize: number | null;
  /** At the default operating point. */
  readonly melanomaSensitivity: Measured;
  readonly specificity: Measured;
}

/** `lesions.json`: how the photos of one lesion make one answer, and what that is worth. */
export interface LesionReport {
  readonly schemaVersion: 1;
  readonly fittedOn: LesionSpec['fittedOn'];
  readonly pooling: { readonly chosen: Pooling; readonly candidates: readonly PoolingCandidate[] };
  /** Of several photos; a temperature is fitted where it lowers the log loss by more than one standard error. */
  readonly temperature: {
    readonly used: number;
    readonly fitted: number;
    readonly logLossDifference: number;
    readonly standardError: number;
  };
  readonly thresholds: Readonly<
    Record<string, { readonly image: number; readonly several: number }>
  >;
  readonly byPhotos: readonly PhotoCountReport[];
  /** Of lesions with several photos: pooled, a photo of each drawn at random, and the difference. */
  readonly pooledAgainstSingle: {
    readonly lesions: number;
    readonly photos: number;
    readonly resamples: number;
    readonly figures: Readonly<
      Record<
        LesionFigure,
        { readonly single: Estimate; readonly pooled: Estimate; readonly difference: Estimate }
      >
    >;
  };
  /** Of lesions with several photos: one photo by itself gets a more urgent word than all together. */
  readonly moreUrgentPhoto: Measured;
}

export interface LesionInput {
  /** Validation images, each with scores and limits that its lesion had no part in. */
  readonly images: readonly HeldOutImage[];
  /** What is served for one photo, fitted on all of them. */
  readonly fitted: FittedAssessment;
  readonly kind: ConformityScore;
  readonly split: string;
  readonly seed: number;
}

export interface BuiltLesions {
  readonly report: LesionReport;
  readonly fitted: FittedLesions;
}

/** Nothing is fitted on fewer lesions with several photos. */
const FEWEST_LESIONS = 50;
const FOLDS = 10;
const RESAMPLES = 1000;
const CHANCE_DRAWS = 200;
const ROW_90 = COVERAGES.indexOf(DEFAULT_COVERAGE);

/**
 * Chooses, fits and measures how the photos of one lesion make one answer.
 *
 * @returns undefined where too few lesions have several photos
 */
export function buildLesions(input: LesionInput): BuiltLesions | undefined {
  const { images, fitted: ofImages, kind, split, seed } = input;
  const lesions = groupByLesion(images);
  const several = lesions.filter(({ voters }) => voters.length > 1);
  if (several.length < FEWEST_LESIONS) return undefined;

  const candidates = comparePoolings(several);
  const lowest = Math.min(...candidates.map(({ logLoss }) => logLoss));
  const pooling = candidates.find((each) => each.logLoss <= lowest + each.standardError)!.pooling;

  const folds = lesionFolds(several, FOLDS, seed);
  const temperature = compareTemperature(several, folds, pooling);
  const plan: LesionPlan = {
    pooling,
    withTemperature: temperature.logLossDifference + temperature.standardError < 0,
    kind,
    seed,
  };
  const fitted = fitLesions(several, ofImages, plan);
  const heldOut = new Map<HeldOutLesion, FittedLesions>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const rest = several.filter((_, i) => folds[i] !== fold);
    // What was fitted for one photo differs by the lesion's own fold, of which there are few.
    const fits = new Map<FittedAssessment, FittedLesions>();
    for (const [i, lesion] of several.entries()) {
      if (folds[i] !== fold) continue;
      if (!fits.has(lesion.fitted)) fits.set(lesion.fitted, fitLesions(rest, lesion.fitted, plan));
      heldOut.set(lesion, fits.get(lesion.fitted)!);
    }
  }
  const answered = lesions.map((lesion) => answer(lesion, heldOut.get(lesion), plan));
  return {
    fitted,
    report: {
      schemaVersion: 1,
      fittedOn: {
        split,
        lesions: lesions.length,
        severalPhotos: several.length,
        folds: FOLDS,
      },
      pooling: { chosen: pooling, candidates },
      temperature: { ...temperature, used: fitted.temperature },
      thresholds: Object.fromEntries(
        pointNames().map((point) => [
          point,
          { image: ofImages.thresholds[point]!, several: fitted.thresholds[point]! },
        ]),
      ) as LesionReport['thresholds'],
      byPhotos: [
        ...PHOTO_COUNTS.map((photos) =>
          measure(
            answered.filter(({ lesion }) => photoCount(lesion) === photos),
            photos,
            seed,
          ),
        ),
        measure(answered, 'all', seed),
      ],
      pooledAgainstSingle: compareWithSingle(
        answered.filter(({ lesion }) => lesion.voters.length > 1),
        seed,
      ),
      moreUrgentPhoto: measuredShare(
        answered
          .filter(({ lesion }) => lesion.voters.length > 1)
          .map(({ lesion, word }) => ({
            hit: lesion.voters.some(({ scores, fitted }) => urgency(scores, fitted) > word),
            lesionId: lesion.lesionId,
          })),
        seed,
      ),
    },
  };
}

function photoCount({ voters }: HeldOutLesion): PhotoCount {
  return voters.length === 1 ? '1' : voters.length === 2 ? '2' : '3 or more';
}

function comparePoolings(several: readonly HeldOutLesion[]): PoolingCandidate[] {
  const measured = POOLINGS.map((pooling) => {
    const scores = several.map((lesion) => pooledScores(lesion, pooling));
    const truth = several.map(({ label }) => labelIndex(label));
    return {
      pooling,
      losses: truth.map((k, i) => -Math.log(Math.max(scores[i]![k]!, Number.MIN_VALUE))),
      balancedAccuracy: balanced(
        truth,
        scores.map((row, i) => Number(topClass(row) === truth[i])),
      )!,
    };
  });
  const best = measured.reduce((a, b) => (mean(b.losses) < mean(a.losses) ? b : a));
  return measured.map(({ pooling, losses, balancedAccuracy }) => ({
    pooling,
    logLoss: mean(losses),
    standardError: standardError(losses.map((loss, i) => loss - best.losses[i]!)),
    balancedAccuracy,
  }));
}

/** The fitted temperature against none, on lesions that it was not fitted on. */
function compareTemperature(
  several: readonly HeldOutLesion[],
  folds: Int32Array,
  pooling: Pooling,
): Omit<LesionReport['temperature'], 'used'> {
  const differences = new Array<number>(several.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const temperature = fitTemperature(
      several.filter((_, i) => folds[i] !== fold),
      pooling,
    );
    for (const [i, lesion] of several.entries()) {
      if (folds[i] !== fold) continue;
      const k = labelIndex(lesion.label);
      const at = (t: number) => Math.max(pooledScores(lesion, pooling, t)[k]!, Number.MIN_VALUE);
      differences[i] = Math.log(at(1)) - Math.log(at(temperature));
    }
  }
  return {
    fitted: fitTemperature(several, pooling),
    logLossDifference: mean(differences),
    standardError: standardError(differences),
  };
}

interface AnsweredLesion {
  readonly lesion: HeldOutLesion;
  readonly scores: readonly number[];
  /** Positions of the classes. */
  readonly set: readonly number[];
  readonly setByImageQuantiles: readonly number[];
  /** At the default operating point. */
  readonly flagged: boolean;
  /** 0 routine, 1 review, 2 refer. */
  readonly word: number;
}

/** As it is served: one photo as an image is, several with what was fitted on other lesions with several. */
function answer(
  lesion: HeldOutLesion,
  several: FittedLesions | undefined,
  { pooling, kind }: LesionPlan,
): AnsweredLesion {
  const scores = pooledScores(lesion, pooling, several?.temperature);
  const ofImages = lesion.fitted.quantiles[kind][ROW_90]!;
  const { squamousThreshold } = lesion.fitted;
  const fit = { thresholds: several?.thresholds ?? lesion.fitted.thresholds, squamousThreshold };
  return {
    lesion,
    scores,
    set: conformalSet(scores, kind, several?.quantiles[ROW_90] ?? ofImages).classes,
    setByImageQuantiles: conformalSet(scores, kind, ofImages).classes,
    flagged: isFlagged(scores, fit),
    word: urgency(scores, fit),
  };
}

function urgency(scores: readonly number[], fit: FlaggingFit): number {
  if (!isFlagged(scores, fit)) return 0;
  return malignantScore(scores) >= thresholdOf(fit.thresholds, REFERRAL_POINT) ? 2 : 1;
}

/** Without risk groups there is no threshold, and nothing reaches it. */
function thresholdOf(thresholds: Readonly<Record<string, number>>, point: string): number {
  return thresholds[point] ?? Number.POSITIVE_INFINITY;
}

function measure(
  answered: readonly AnsweredLesion[],
  photos: PhotoCount | 'all',
  seed: number,
): PhotoCountReport {
  const truth = answered.map(({ lesion }) => labelIndex(lesion.label));
  const scores = answered.map((one) => one.scores);
  const none = answered.length === 0;
  const share = (of: readonly AnsweredLesion[], holds: (one: AnsweredLesion) => boolean) =>
    measuredShare(
      of.map((one) => ({ hit: holds(one), lesionId: one.lesion.lesionId })),
      seed,
    );
  const critical = criticalClasses();
  const criticals = answered.filter(({ lesion }) => critical[labelIndex(lesion.label)]);
  const flagged = (one: AnsweredLesion) => one.flagged;
  return {
    photos,
    lesions: answered.length,
    melanomas: criticals.length,
    logLoss: none
      ? null
      : mean(truth.map((k, i) => -Math.log(Math.max(scores[i]![k]!, Number.MIN_VALUE)))),
    expectedCalibrationError: none ? null : reliability(truth, scores).expectedCalibrationError,
    calibrationErrorByChance: none ? null : errorByChance(scores, seed),
    coverage90: share(answered, ({ lesion, set }) => set.includes(labelIndex(lesion.label))),
    coverage90ByImageQuantiles: share(answered, ({ lesion, setByImageQuantiles }) =>
      setByImageQuantiles.includes(labelIndex(lesion.label)),
    ),
    meanSetSize: none ? null : mean(answered.map(({ set }) => set.length)),
    melanomaSensitivity: share(criticals, flagged),
    specificity: share(
      answered.filter(({ lesion }) => isBenign(lesion.label)),
      (one) => !flagged(one),
    ),
  };
}

function errorByChance(scores: readonly (readonly number[])[], seed: number): number {
  const random = createRandom(seed);
  const draw = (row: readonly number[]): number => {
    let left = random.next();
    for (const [k, score] of row.entries()) {
      left -= score;
      if (left < 0) return k;
    }
    return row.length - 1;
  };
  return mean(
    Array.from(
      { length: CHANCE_DRAWS },
      () => reliability(scores.map(draw), scores).expectedCalibrationError,
    ),
  );
}

function compareWithSingle(answered: readonly AnsweredLesion[], seed: number) {
  const truth = answered.map(({ lesion }) => labelIndex(lesion.label));
  // Of a photo drawn at random: the mean over the photos.
  const single = answered.map(({ lesion }) => ({
    right: mean(
      lesion.voters.map(({ scores }) => Number(topClass(scores) === labelIndex(lesion.label))),
    ),
    loss: mean(
      lesion.voters.map(
        ({ scores }) => -Math.log(Math.max(scores[labelIndex(lesion.label)]!, Number.MIN_VALUE)),
      ),
    ),
    flagged: mean(lesion.voters.map(({ scores, fitted }) => Number(isFlagged(scores, fitted)))),
  }));
  const pooled = answered.map(({ lesion, scores, flagged }) => ({
    right: Number(topClass(scores) === labelIndex(lesion.label)),
    loss: -Math.log(Math.max(scores[labelIndex(lesion.label)]!, Number.MIN_VALUE)),
    flagged: Number(flagged),
  }));
  const critical = criticalClasses();
  const benign = answered.map(({ lesion }) => isBenign(lesion.label));
  const figures = (
    of: typeof single,
    weights?: SampleWeights,
  ): Record<LesionFigure, number | null> => ({
    balancedAccuracy: balanced(
      truth,
      of.map(({ right }) => right),
      weights,
    ),
    logLoss: weighted(
      of.map(({ loss }) => loss),
      weights,
    ),
    melanomaSensitivity: weighted(
      of.map(({ flagged }) => flagged),
      weights,
      (i) => critical[truth[i]!]!,
    ),
    specificity: weighted(
      of.map(({ flagged }) => 1 - flagged),
      weights,
      (i) => benign[i]!,
    ),
  });
  type Key = `${'single' | 'pooled' | 'difference'} ${LesionFigure}`;
  const statistics = (weights?: SampleWeights): Record<Key, number | null> => {
    const [a, b] = [figures(single, weights), figures(pooled, weights)];
    return Object.fromEntries(
      LESION_FIGURES.flatMap((name) => [
        [`single ${name}`, a[name]],
        [`pooled ${name}`, b[name]],
        [`difference ${name}`, a[name] === null || b[name] === null ? null : b[name] - a[name]],
      ]),
    ) as Record<Key, number | null>;
  };
  const values = statistics();
  const intervals = bootstrapStatistics(answered.length, statistics, {
    seed,
    resamples: RESAMPLES,
  });
  const estimate = (key: Key): Estimate => ({ value: values[key], interval: intervals[key] });
  return {
    lesions: answered.length,
    photos: answered.reduce((sum, { lesion }) => sum + lesion.voters.length, 0),
    resamples: RESAMPLES,
    figures: Object.fromEntries(
      LESION_FIGURES.map((name) => [
        name,
        {
          single: estimate(`single ${name}`),
          pooled: estimate(`pooled ${name}`),
          difference: estimate(`difference ${name}`),
        },
      ]),
    ) as LesionReport['pooledAgainstSingle']['figures'],
  };
}

/** Mean over classes of the mean within each; null where there is none. */
function balanced(
  truth: readonly number[],
  values: readonly number[],
  weights?: SampleWeights,
): number | null {
  const perClass = labels().map((_, k) => weighted(values, weights, (i) => truth[i] === k));
  const defined = perClass.filter((value) => value !== null);
  return defined.length > 0 ? mean(defined) : null;
}

function weighted(
  values: readonly number[],
  weights?: SampleWeights,
  among: (i: number) => boolean = () => true,
): number | null {
  let [sum, total] = [0, 0];
  for (const [i, value] of values.entries()) {
    if (!among(i)) continue;
    const weight = weights === undefined ? 1 : weights[i]!;
    sum += weight * value;
    total += weight;
  }
  return total > 0 ? sum / total : null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the mean of independent values. */
function standardError(values: readonly number[]): number {
  const average = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return Math.sqrt(squares) / values.length;
}

/** What of it goes into the manifest. */
export function lesionSpec({ report, fitted }: BuiltLesions): LesionSpec {
  const { byPhotos, fittedOn, pooling } = report;
  return {
    fittedOn,
    pooling: pooling.chosen,
    severalPhotos: {
      temperature: fitted.temperature,
      quantiles: fitted.quantiles.map((row) =>
        row.map((value) => (Number.isFinite(value) ? value : null)),
      ),
      thresholds: fitted.thresholds as LesionSpec['severalPhotos']['thresholds'],
    },
    measured: byPhotos.flatMap(({ photos, lesions, ...figures }) =>
      photos === 'all'
        ? []
        : [
            {
              photos,
              lesions,
              expectedCalibrationError: figures.expectedCalibrationError,
              coverage90: figures.coverage90,
              ...criticalPart(figures.melanomaSensitivity),
              specificity: figures.specificity,
            },
          ],
    ),
  };
}

/** Under the name that these classes give it; nothing where no class is critical. */
function criticalPart(measured: Measured): Partial<Record<CriticalMember, Measured>> {
  return hasCritical() ? { [criticalMember(taxonomy())]: measured } : {};
}
