import * as z from 'zod';
import { criticalFigures } from './critical-figures.ts';
import { POOLINGS } from './pool-photos.ts';
import { COVERAGES } from './prediction-set.ts';

const share = z.number().min(0).max(1);
const measuredShare = z.strictObject({
  value: share.nullable(),
  interval: z.tuple([share, share]).nullable(),
});

/** Groups of lesions by how many photos have a vote. */
export const PHOTO_COUNTS = ['1', '2', '3 or more'] as const;

/**
 * `lesions` of a manifest: how the photos of one lesion make one answer. One photo answers as an image
 * does; what differs for several photos was fitted on validation lesions that have several.
 */
export const lesionSpecSchema = z.strictObject({
  fittedOn: z.strictObject({
    split: z.string(),
    lesions: z.int().positive(),
    /** Of them, those with two or more photos. */
    severalPhotos: z.int().positive(),
    folds: z.int().min(2),
  }),
  pooling: z.enum(POOLINGS),
  severalPhotos: z.strictObject({
    /** The logarithms of the pooled scores are divided by it. */
    temperature: z.number().positive(),
    /** In place of the image's, for the default nonconformity score: one row a coverage, one column a label. */
    quantiles: z.array(z.array(z.number().nullable()).min(2)).length(COVERAGES.length),
    /** In place of the image's: never above it. */
    thresholds: z.record(z.string(), share),
  }),
  /** Measured on lesions that had no part in what they are measured with, at 90 % and the default operating point. */
  measured: z.array(
    z.strictObject({
      photos: z.enum(PHOTO_COUNTS),
      lesions: z.int().nonnegative(),
      expectedCalibrationError: share.nullable(),
      coverage90: measuredShare,
      ...criticalFigures(measuredShare),
      /** null value where the classes have no risk groups. */
      specificity: measuredShare,
    }),
  ),
});

export type LesionSpec = z.infer<typeof lesionSpecSchema>;
