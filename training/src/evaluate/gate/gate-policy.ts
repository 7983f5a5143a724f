import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().nonnegative();
const spread = z.number().nonnegative();

/** What the gate lets pass. `--policy FILE` changes single members. */
export const gatePolicySchema = z.strictObject({
  /** Of all intervals. Those of the subgroups are widened so that it holds for all of them together. */
  confidence: z.number().gt(0.5).lt(1).default(0.95),
  resamples: z.number().int().min(100).default(4000),
  seed: z.number().int().default(1),
  /** Fewer images of the comparison than this decide nothing. */
  minImages: z.number().int().positive().default(500),
  subgroups: z
    .strictObject({
      /** A subgroup may lose this much of a figure. */
      margin: share.default(0.05),
      /** Smaller subgroups are not looked at. */
      minImages: count.default(60),
      /** A subgroup's balanced accuracy is over the classes with so many images in it. */
      minClassImages: count.default(10),
      /** A subgroup's sensitivity for the critical classes, such as melanoma, is looked at with so many images of them. */
      minMelanomas: count.default(20),
    })
    .prefault({}),
  /**
   * By how much two trainings of one recipe differ on all images, measured (model-artifacts/README.md says how). It
   * is no margin: a candidate that is worse beyond chance is refused, whatever made it so. But the report says where
   * the loss is no larger than that, and another seed, or the mean of more runs, is what to try.
   */
  runSpread: z
    .strictObject({
      balancedAccuracy: spread.default(0.005),
      melanomaSensitivity: spread.default(0.031),
      melanomaSensitivityServed: spread.default(0.023),
      logLoss: spread.default(0.01),
      calibrationError: spread.default(0.002),
    })
    .prefault({}),
  /** For a model that there is nothing to compare with. */
  floors: z
    .strictObject({
      balancedAccuracy: share.default(0.6),
      macroAuc: share.default(0.88),
      /** For the critical classes; left out where there is none. */
      melanomaSensitivity: share.default(0.55),
      /** At most. */
      calibrationError: share.default(0.1),
    })
    .prefault({}),
});

export type GatePolicy = z.infer<typeof gatePolicySchema>;
