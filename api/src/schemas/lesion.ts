import { POOLINGS } from '@naevus/shared/answer/pool-photos';
import * as z from 'zod';
import { assessmentSchema, predictionSetSchema } from './assessment.ts';
import {
  caveats,
  envelope,
  imageAnswerSchema,
  patientSchema,
  predictionsSchema,
} from './prediction.ts';
import { problemSchema } from './problem.ts';
import { similarMembers } from './similar.ts';

const weight = z.number().min(0).max(1).meta({
  description: 'How much of the answer is this photo; 0 where it was not counted.',
});

export const lesionPhotoSchema = z
  .union([
    z.strictObject({ ...imageAnswerSchema.shape, weight }).meta({ id: 'LesionPhoto' }),
    z.strictObject({ error: problemSchema, weight }).meta({ id: 'LesionPhotoError' }),
  ])
  .meta({ id: 'LesionPhotoItem' });

export const pooledSchema = z
  .strictObject({
    method: z.enum(POOLINGS).meta({ description: 'How the scores of the photos were pooled.' }),
    photos: z.int().positive().meta({ description: 'Photos that were sent.' }),
    counted: z.int().positive().meta({
      description: 'Photos whose scores were pooled: those that are not abstained from, or all.',
    }),
    fitted: z.boolean().meta({
      description:
        'Whether set and thresholds were fitted for so many photos. Where not, the thresholds are those of one photo, and there is no `prediction_set`.',
    }),
  })
  .meta({ id: 'Pooled' });

/** What is answered about a lesion, without the envelope. */
export const lesionAnswer = {
  predictions: predictionsSchema,
  patient: patientSchema.optional(),
  assessment: assessmentSchema.optional(),
  prediction_set: predictionSetSchema.optional(),
  pooled: pooledSchema,
  ...similarMembers,
  images: z.array(lesionPhotoSchema).min(1).meta({
    description: 'Each photo by itself, in the order sent, without what is known of the patient.',
  }),
};

/** Answer of `POST /lesion`. */
export const lesionResponseSchema = z
  .strictObject({ ...envelope, ...lesionAnswer, ...caveats })
  .meta({ id: 'LesionResponse' });

export type LesionResponse = z.infer<typeof lesionResponseSchema>;
export type LesionPhoto = z.infer<typeof lesionPhotoSchema>;
export type LesionAnswer = Omit<LesionResponse, keyof typeof envelope | keyof typeof caveats>;
