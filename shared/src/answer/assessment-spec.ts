import * as z from 'zod';
import { IMAGE_KINDS, MODALITY_METHODS } from '../image/image-kinds.ts';
import { QUALITY_MEASURES } from '../image/image-quality.ts';
import { criticalFigures } from './critical-figures.ts';
import { CONFORMITY_SCORES, COVERAGES } from './prediction-set.ts';

const share = z.number().min(0).max(1);
const interval = z.tuple([share, share]);

/** A share with its 95 % interval; null where nothing defined it. */
const measuredShare = z.strictObject({ value: share.nullable(), interval: interval.nullable() });

const quantiles = z
  .array(z.number().nullable())
  .min(2)
  .meta({ description: 'One a label; null: the class is never excluded at this coverage.' });

/**
 * `assessment` of a manifest: what was fitted on lesions that were not trained on, so that an answer can say
 * how far it goes. Estimates are cross-fitted over lesions: each is of images that had no part in what
 * they are measured with.
 */
export const assessmentSpecSchema = z.strictObject({
  /** Images and lesions that all of it was fitted on. */
  fittedOn: z.strictObject({
    split: z.string(),
    images: z.int().positive(),
    lesions: z.int().positive(),
    folds: z.int().min(2),
  }),
  calibration: z.strictObject({
    /** Expected calibration error of the scores before anything was fitted. */
    eceBefore: share,
    eceAfter: share,
  }),
  conformal: z.strictObject({
    default: z.enum(CONFORMITY_SCORES),
    /** By nonconformity score: one row a coverage of {@link COVERAGES}, one column a label. */
    quantiles: z.strictObject({
      lac: z.array(quantiles).length(COVERAGES.length),
      raps: z.array(quantiles).length(COVERAGES.length),
    }),
    /** Of the default at 90 %. */
    coverage90: z.strictObject({ overall: measuredShare, meanSize: z.number().nonnegative() }),
  }),
  triage: z.strictObject({
    /** What the thresholds, which are in `thresholds`, are worth; empty where the classes have no risk groups. */
    operatingPoints: z.record(
      z.string(),
      z.strictObject({
        ...criticalFigures(measuredShare),
        malignantSensitivity: measuredShare,
        specificity: measuredShare,
      }),
    ),
    /** What may be a diagnosis outside the classes (`unseen` of the taxonomy) is not `routine`; versions before 1.0.0 do not ask. */
    squamous: z
      .strictObject({
        /** Of the score that `unseenScore` gives; older versions have it as a number. */
        threshold: z.union([
          share,
          z.strictObject({ least: share, against: z.array(z.string()).readonly() }),
        ]),
        /** Images of such a diagnosis that it was fitted on. */
        images: z.int().positive(),
        /** Share of them called `routine`, by thresholds that their lesions had no part in. */
        routine: measuredShare,
      })
      .optional(),
  }),
  quality: z.strictObject({
    limits: z.partialRecord(
      z.enum(QUALITY_MEASURES),
      z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
    ),
    /** Share of real lesions that fail a limit. */
    refusedLesions: measuredShare,
  }),
  outOfDistribution: z.strictObject({
    method: z.literal('residual'),
    /** The subspace; one of `files`. */
    path: z.string(),
    features: z.int().positive(),
    components: z.int().positive(),
    /** Distances above it are out of distribution. */
    threshold: z.number().positive(),
    /** Share of real lesions beyond the threshold. */
    refusedLesions: measuredShare,
    /** Of lesions against images that are none, which chose nothing; null where none were at hand. */
    auroc: share.nullable(),
  }),
  /** How the image was taken, told from the features; versions before 1.0.0 do not ask. */
  modality: z
    .strictObject({
      method: z.enum(MODALITY_METHODS),
      /** The weights; one of `files`. */
      path: z.string(),
      features: z.int().positive(),
      /** Images that are less likely dermoscopic are not answered. */
      threshold: share,
      /** Share of real lesions below the threshold. */
      refusedLesions: measuredShare,
      /** Share of the images of another kind below it, by kind. */
      found: z.partialRecord(z.enum(IMAGE_KINDS), measuredShare),
    })
    .optional(),
});

export type AssessmentSpec = z.infer<typeof assessmentSpecSchema>;
