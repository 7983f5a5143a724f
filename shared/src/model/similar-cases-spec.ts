import * as z from 'zod';

const share = z.number().min(0).max(1);

/** How the diagnosis of a case was confirmed. */
export const CONFIRMATIONS = [
  'histology',
  'follow_up',
  'consensus',
  'confocal',
  'clinical',
  'unknown',
] as const;

export type Confirmation = (typeof CONFIRMATIONS)[number];

/** A case index is at most so large: 1 MiB. */
export const MAX_INDEX_BYTES = 1 << 20;

/** Pictures that one file of {@link similarCasesSpecSchema}'s `pictures` holds, but for the last. */
export const PICTURES_PER_FILE = 64;

/**
 * `similarCases` of a manifest: the training lesions that an answer can show beside the image. One case stands
 * for one lesion.
 */
export const similarCasesSpecSchema = z.strictObject({
  /** The index; one of `files`. `case-index.ts` describes the format. */
  path: z.string(),
  cases: z.int().positive(),
  /** Pooled features of the network that the index projects. */
  features: z.int().positive(),
  /** Numbers that are kept of each case. */
  dimensions: z.int().positive().multipleOf(16).max(1024),
  /** Measured with images of lesions that are not in the index. */
  measured: z.strictObject({
    split: z.string(),
    images: z.int().positive(),
    lesions: z.int().positive(),
    /** Share of the nearest 1, 5 and 16 cases that have the image's own diagnosis. */
    precisionAt1: share,
    precisionAt5: share,
    precisionAt16: share,
    /** The same of the nearest 5 by all features in full precision. */
    fullSearchPrecisionAt5: share,
    meanAveragePrecision: share,
  }),
  /** Small WebP pictures of some of the cases; null where there are none. */
  pictures: z
    .strictObject({
      /** In the order of the cases, {@link PICTURES_PER_FILE} to a file; all of `files`. */
      paths: z.array(z.string()).min(1),
      count: z.int().positive(),
      /** Whose they are, and what their licences allow. */
      attribution: z.string().min(1),
    })
    .nullable(),
});

export type SimilarCasesSpec = z.infer<typeof similarCasesSpecSchema>;
