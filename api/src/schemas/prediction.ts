import { PATIENT_VARIABLES } from '@naevus/shared/answer/patient-spec';
import { TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { RISKS } from '@naevus/shared/taxonomy/taxonomy';
import * as z from 'zod';
import {
  assessmentSchema,
  inDistributionSchema,
  modalitySchema,
  predictionSetSchema,
  priorSchema,
  qualitySchema,
} from './assessment.ts';
import { problemSchema } from './problem.ts';
import { similarMembers } from './similar.ts';
import { label, listOfAll, ofRisks } from './taxonomy-parts.ts';

const AVERAGED_VIEWS = TTA_CHOICES.filter((views) => views !== 1);

const score = z.number().min(0).max(1);

const codes = z.array(z.string()).min(1).nullable();

export const codesSchema = z
  .strictObject({
    icd10: codes.meta({ description: "Categories of WHO's ICD-10." }),
    icd11: codes.meta({ description: 'Categories of ICD-11 MMS.' }),
    snomed_ct: codes.meta({ description: 'Disorders of SNOMED CT.' }),
  })
  .meta({
    id: 'Codes',
    description:
      'The codes that together cover the class, of each system; null where none is certain. `/model` says where they were checked.',
  });

export const predictionSchema = z
  .strictObject({
    label: label(),
    name: z.string().meta({ description: 'Full name of the class.' }),
    score: score.meta({
      description:
        'Calibrated probability under the `prior` of the answer. Those of all classes sum to 1.',
    }),
    risk: ofRisks(z.enum(RISKS)),
    codes: codesSchema,
  })
  .meta({ id: 'Prediction' });

/** Which weights answered. */
export const modelReferenceSchema = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    sha256: z.string().meta({ description: "Digest of the version's manifest.json." }),
  })
  .meta({ id: 'ModelReference' });

export const imageFactsSchema = z
  .strictObject({
    width: z.int().positive().meta({ description: 'Pixels, as displayed: after the orientation.' }),
    height: z.int().positive(),
    format: z
      .enum(['jpeg', 'png', 'webp', 'heic', 'avif', 'dicom'])
      .meta({ description: 'Of the file that was sent.' }),
  })
  .meta({ id: 'ImageFacts' });

export const timingSchema = z
  .strictObject({
    decode_ms: z
      .number()
      .nonnegative()
      .meta({ description: "Decoding, and resampling to the network's input." }),
    inference_ms: z.number().nonnegative().meta({ description: 'The network.' }),
  })
  .meta({ id: 'Timing' });

export const predictionsSchema = listOfAll(predictionSchema, 'The likeliest first.');

export const patientSchema = z
  .strictObject({
    used: z.array(
      z.strictObject({
        name: z.enum(PATIENT_VARIABLES),
        value: z.union([z.number(), z.string()]),
      }),
    ),
    not_used: z.array(
      z.strictObject({
        name: z.enum(PATIENT_VARIABLES),
        value: z.union([z.number(), z.string()]),
        reason: z.string().meta({ description: 'Why the version does not use it.' }),
      }),
    ),
    malignant_score: ofRisks(
      score.meta({
        description:
          "The malignant score with the patient, under the version's own prior. It may raise the triage word, and never lowers it.",
      }),
    ),
    predictions: predictionsSchema.meta({
      description: 'The predictions without what is known of the patient.',
    }),
  })
  .meta({
    id: 'Patient',
    description: 'Where something of the patient was sent: what it changed.',
  });

const answerAboutOneImage = {
  predictions: predictionsSchema,
  patient: patientSchema.optional(),
  // Versions before 0.3.0 were not fitted with these four, and answer without them.
  assessment: assessmentSchema.optional(),
  prediction_set: predictionSetSchema.optional(),
  quality: qualitySchema.optional(),
  in_distribution: inDistributionSchema.optional(),
  // Versions before 1.0.0 do not ask.
  modality: modalitySchema.optional(),
  ...similarMembers,
  image: imageFactsSchema,
  timing: timingSchema,
};

export const envelope = {
  id: z.string().meta({ description: 'The X-Request-Id.' }),
  model: modelReferenceSchema,
  prior: priorSchema,
  tta: z.literal(AVERAGED_VIEWS).optional().meta({
    description: 'How many views the answer is averaged over, where more than one was asked for.',
  }),
};

export const caveats = {
  limits: z.string().meta({ description: 'What the model has not seen.' }),
  disclaimer: z.string(),
  translation: z.string().optional().meta({
    description: 'Where the answer is not in English: that its translation was not reviewed.',
  }),
};

/** Answer of `POST /predict` to one image. */
export const predictResponseSchema = z
  .strictObject({ ...envelope, ...answerAboutOneImage, ...caveats })
  .meta({ id: 'PredictResponse' });

export const imageAnswerSchema = z.strictObject(answerAboutOneImage).meta({ id: 'BatchAnswer' });

const batchItemSchema = z
  .union([imageAnswerSchema, z.strictObject({ error: problemSchema }).meta({ id: 'BatchError' })])
  .meta({ id: 'BatchItem' });

/** Answer of `POST /predict` to a batch: one item an image, in the order sent. */
export const batchResponseSchema = z
  .strictObject({ ...envelope, results: z.array(batchItemSchema).min(1), ...caveats })
  .meta({ id: 'BatchResponse' });

export type Codes = z.infer<typeof codesSchema>;
export type Prediction = z.infer<typeof predictionSchema>;
export type ModelReference = z.infer<typeof modelReferenceSchema>;
export type PredictResponse = z.infer<typeof predictResponseSchema>;
export type BatchItem = z.infer<typeof batchItemSchema>;
export type BatchResponse = z.infer<typeof batchResponseSchema>;
