import { z } from 'zod';

const count = z.number().int().nonnegative();
const imageIds = z.array(z.string().min(1));
const countsByLabel = z.record(z.string(), count);

/** `split.json`: which images were trained on and which were kept to validate. */
export const splitSchema = z.strictObject({
  seed: z.number().int(),
  /** Digest of the data that were split. */
  data_sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex'),
  /** Image ids, sorted. No id, lesion or photograph is on both sides. */
  train: imageIds,
  validation: imageIds,
  /** Images a class. */
  counts: z.strictObject({ train: countsByLabel, validation: countsByLabel }),
  /** What was kept together. */
  groups: z.strictObject({
    /** Groups of images; each is on one side. */
    total: count,
    /** Lesion ids, and images without one. */
    lesions: count,
    images_without_lesion: count,
    /** Pairs of files with the same bytes. */
    byte_identical_pairs: count,
    /** Pairs of files with different bytes that show the same photograph. */
    same_picture_pairs: count,
    /** Pairs of either kind whose images stand under different lesion ids, or under none. */
    pairs_across_lesions: count,
    /** Groups whose images have different labels: kept together, labels as they are. */
    mixed_labels: count,
  }),
});

export type Split = z.infer<typeof splitSchema>;
