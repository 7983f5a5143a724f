import type { AssessmentSpec } from '@naevus/shared/answer/assessment-spec';
import type { ConformityScore } from '@naevus/shared/answer/prediction-set';
import type { QualityMeasure } from '@naevus/shared/image/image-quality';
import type { CalibrationBin } from '../metrics/calibration-error.ts';
import type { CalibrationCandidate } from './choose-calibration.ts';
import type { CalibrationMethod } from './fit-calibration.ts';
import type { Measured, MeasuredOverDeals } from './lesion-interval.ts';
import type { NonLesionUse } from './non-lesions.ts';

export interface CoverageReport {
  readonly coverage: number;
  readonly overall: number;
  readonly meanSize: number;
  /** Share of images that no class fits: their sets hold the class with the highest score alone. */
  readonly empty: number;
  readonly perClass: readonly {
    readonly label: string;
    readonly images: number;
    readonly coverage: number | null;
    readonly meanSize: number | null;
  }[];
}

/** `assessment.json`: how far the fitted parts keep what they promise, each measured on other lesions than it was fitted on. */
export interface AssessmentReport {
  readonly schemaVersion: 1;
  readonly fittedOn: AssessmentSpec['fittedOn'];
  readonly calibration: {
    readonly chosen: CalibrationMethod;
    readonly candidates: readonly CalibrationCandidate[];
    readonly binsBefore: readonly CalibrationBin[];
    readonly binsAfter: readonly CalibrationBin[];
  };
  readonly conformal: {
    readonly default: ConformityScore;
    readonly overall90: Measured;
    readonly byScore: Readonly<Record<ConformityScore, readonly CoverageReport[]>>;
  };
  readonly triage: Readonly<
    Record<
      string,
      {
        readonly threshold: number;
        /** Of the critical classes, whatever they are called: `reportJson` names it after them. */
        readonly melanomaSensitivity: MeasuredOverDeals;
        readonly malignantSensitivity: MeasuredOverDeals;
        readonly specificity: MeasuredOverDeals;
      }
    >
  >;
  readonly quality: {
    readonly refusedLesions: Measured;
    readonly byMeasure: readonly {
      readonly measure: QualityMeasure;
      readonly min?: number | undefined;
      readonly max?: number | undefined;
      readonly refusedLesions: number;
    }[];
    /** Share of the degraded images that fail some limit. */
    readonly degraded: readonly {
      readonly degradation: string;
      readonly images: number;
      readonly refused: number;
    }[];
  };
  readonly outOfDistribution: {
    readonly threshold: number;
    readonly refusedLesions: Measured;
    readonly byUse: readonly {
      readonly use: NonLesionUse;
      readonly images: number;
      /** Of lesions against these. */
      readonly auroc: number;
      /** The same for the energy of the logits (Liu et al. 2020), for comparison. */
      readonly energyAuroc: number;
      /** Share beyond the threshold. */
      readonly refused: number;
    }[];
    readonly byKind: readonly {
      readonly use: NonLesionUse;
      readonly kind: string;
      readonly images: number;
      readonly refused: number;
      /** With the limits of quality. */
      readonly abstained: number;
    }[];
    /** Of lesions, for pictures: 0, 1 ... 100 % quantiles of the distance. */
    readonly lesionDistances: readonly number[];
    readonly nonLesionDistances: readonly number[];
  };
  /** How images were taken; where there were images without a dermatoscope to fit it on. */
  readonly modality?: {
    readonly threshold: number;
    readonly refusedLesions: Measured;
    /** By source: lesions refused, and refused by a fit, and a threshold, without the source. */
    readonly bySource: readonly {
      readonly source: string;
      readonly images: number;
      readonly refused: number;
      readonly refusedWithoutSource: number | null;
    }[];
    /** Pictures without a lesion that had no part in the fit. */
    readonly nonLesions: { readonly images: number; readonly refused: number };
  };
  /** Lesions of the home source that no answer is given for, for whatever reason. */
  readonly abstainedLesions: Measured;
}
