import { TRIAGE } from '@naevus/shared/answer/operating-point';
import { COVERAGES } from '@naevus/shared/answer/prediction-set';
import { IMAGE_KINDS } from '@naevus/shared/image/image-kinds';
import { QUALITY_MEASURES } from '@naevus/shared/image/image-quality';
import * as z from 'zod';
import { REASON_CODES } from './reasons.ts';
import { label, ofRisks, operatingPoint, recordOfAll } from './taxonomy-parts.ts';

const share = z.number().min(0).max(1);

export const reasonSchema = z
  .strictObject({
    code: z.enum(REASON_CODES),
    text: z
      .string()
      .meta({ description: 'One plain sentence, always the same for a code and a language.' }),
  })
  .meta({ id: 'Reason' });

export const assessmentSchema = z
  .strictObject({
    malignant_score: ofRisks(
      share.meta({
        description:
          "Sum of the scores of malignant and premalignant classes under the version's own prior, whatever `prior` was asked for: what the thresholds are of. null where the classes have no risk groups, as are threshold, operating point and triage.",
      }),
    ),
    threshold: ofRisks(share.meta({ description: 'Of the operating point.' })),
    operating_point: ofRisks(operatingPoint()),
    flagged: z.boolean().meta({
      description:
        'True where a person should look: the malignant score reaches the threshold, or the answer abstains. The same as `triage` not being `routine`.',
    }),
    triage: ofRisks(
      z.enum(TRIAGE).meta({
        description:
          '`refer`: far above the threshold; `review`: above it, or no answer is given; `routine`: below it. A word for research on triage, not advice to a patient.',
      }),
    ),
    abstained: z.boolean().meta({
      description:
        'True where the image is of poor quality, out of distribution or not dermoscopic: do not use its scores.',
    }),
    reasons: z.array(reasonSchema),
  })
  .meta({ id: 'Assessment' });

/** What is said of an image that has no answer because it is abstained from (`strict`). */
export const abstentionSchema = assessmentSchema.omit({ malignant_score: true });

export const predictionSetSchema = z
  .strictObject({
    coverage: z.number().min(COVERAGES[0]!).max(COVERAGES.at(-1)!).meta({
      description: 'In how many of all images of a class, each by itself, the set holds it.',
    }),
    labels: z.array(label()).meta({
      description:
        "The classes that cannot be excluded, and always the one with the highest score. By the version's own prior, as it holds under any; of another prior or a patient, the class with the highest score is added.",
    }),
  })
  .meta({ id: 'PredictionSet' });

export const qualitySchema = z
  .strictObject({
    passed: z.boolean(),
    checks: z.array(
      z.strictObject({
        check: z.enum(QUALITY_MEASURES),
        value: z.number(),
        min: z.number().optional(),
        max: z.number().optional(),
        passed: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Quality' });

export const inDistributionSchema = z
  .strictObject({
    passed: z.boolean().meta({
      description: 'Whether the image looks like those that the model was trained on.',
    }),
    distance: z.number().nonnegative(),
    threshold: z.number().positive(),
  })
  .meta({ id: 'InDistribution' });

export const modalitySchema = z
  .strictObject({
    passed: z.boolean().meta({
      description:
        'Whether the image was taken through a dermatoscope, as far as the network tells.',
    }),
    kind: z.enum(IMAGE_KINDS).meta({ description: 'What the image most likely is.' }),
    dermoscopic: share.meta({
      description:
        'How likely it was taken through a dermatoscope, among the kinds that are known.',
    }),
    threshold: share.meta({ description: 'Images that are less likely dermoscopic do not pass.' }),
  })
  .meta({ id: 'Modality' });

export const priorSchema = z
  .strictObject({
    name: z.enum(['training', 'uniform', 'custom']),
    probabilities: recordOfAll(share),
  })
  .meta({ id: 'Prior', description: 'How common the scores take each class to be.' });

export type Reason = z.infer<typeof reasonSchema>;
export type Assessment = z.infer<typeof assessmentSchema>;
export type Abstention = z.infer<typeof abstentionSchema>;
export type PredictionSet = z.infer<typeof predictionSetSchema>;
export type QualityAnswer = z.infer<typeof qualitySchema>;
export type ModalityAnswer = z.infer<typeof modalitySchema>;
export type InDistribution = z.infer<typeof inDistributionSchema>;
export type Prior = z.infer<typeof priorSchema>;
