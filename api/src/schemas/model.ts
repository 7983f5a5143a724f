import { manifestSchema } from '@naevus/shared/model/manifest';
import { RISKS } from '@naevus/shared/taxonomy/taxonomy';
import { taxonomySchema } from '@naevus/shared/taxonomy/taxonomy-schema';
import * as z from 'zod';
import { label, ofRisks } from './taxonomy-parts.ts';

const manifest = manifestSchema.shape;

/** Answer of `GET /model`: what is served, and what it takes. */
export const modelResponseSchema = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    sha256: z.string().meta({ description: "Digest of the version's manifest.json." }),
    architecture: z.string(),
    labels: z.array(
      z.strictObject({
        label: label(),
        name: z.string(),
        risk: ofRisks(z.enum(RISKS)),
        icd10: z.array(z.string()),
        icd11: z.array(z.string()),
        snomed_ct: z.array(z.string()),
      }),
    ),
    codes_checked_in: z
      .strictObject({
        icd10: z.string().optional(),
        icd11: z.string().optional(),
        snomed_ct: z.string().optional(),
      })
      .meta({ description: 'Where the codes of each system were checked.' }),
    taxonomy: taxonomySchema.meta({
      description:
        'The classes in the order of the outputs, with their names in each language, risk groups, codes and colours.',
    }),
    input: z.strictObject({
      formats: z.array(z.string()),
      preprocessing: manifest.preprocessing,
    }),
    limits: z.strictObject({
      max_body_bytes: z.int(),
      max_pixels: z.int(),
      min_side: z.int(),
      max_batch: z.int(),
      max_network_runs: z.int().optional().meta({
        description:
          'Of one request: images, times views (`tta`), times 5 for `dense-grad-cam`. Absent where only the time for an answer bounds them.',
      }),
      max_batch_pixels: z
        .int()
        .optional()
        .meta({ description: 'Of all images of one request together; absent without a limit.' }),
      timeout_seconds: z.number(),
    }),
    calibration: manifest.calibration,
    prior: manifest.prior,
    thresholds: manifest.thresholds,
    assessment: manifest.assessment,
    similar_cases: manifest.similarCases,
    training: manifest.training,
    metrics: manifest.metrics,
    licence: manifest.licence,
    intended_use: z.string(),
    card: z.string().meta({ description: 'The model card, Markdown.' }),
    model_limits: z.string().meta({ description: 'What the model has not seen.' }),
    disclaimer: z.string(),
  })
  .meta({ id: 'Model' });

export type ModelResponse = z.infer<typeof modelResponseSchema>;
