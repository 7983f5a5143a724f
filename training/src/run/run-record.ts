import { cropSchema } from '@naevus/shared/model/manifest';
import { taxonomySchema } from '@naevus/shared/taxonomy/taxonomy-schema';
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Names of the files in a run's folder; training writes them, evaluation and export read them. */
export const RUN_FILES = {
  /** {@link runRecordSchema}: what was trained, on what, how. Written when training has ended. */
  record: 'run.json',
  /** The chosen weights with the classifier, timm's names, PyTorch's layout. */
  weights: 'weights.safetensors',
  split: 'split.json',
  classWeights: 'class-weights.json',
  history: 'history.json',
  /** The validated configuration with every default filled in. */
  config: 'config.json',
} as const;

/** `run.json`: the facts of a finished run that the manifest repeats. */
export const runRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  finishedAt: z.iso.datetime(),
  architecture: z.string().min(1),
  /** One or two sentences for the model card: which phases, which loss, which weights. */
  method: z.string().min(1),
  seed: z.number().int(),
  dataset: z.string().min(1),
  /** Where the images and the CSV lay on the machine that trained, for the export; of runs before 1.0.0. */
  dataSource: z
    .strictObject({ directory: z.string().min(1), metadata: z.string().min(1).optional() })
    .optional(),
  /** The same of runs since 1.0.0: one folder or more, each with the name or the file of its source. */
  dataFolders: z
    .array(
      z.strictObject({
        directory: z.string().min(1),
        metadata: z.string().min(1).optional(),
        source: z.string().min(1).optional(),
      }),
    )
    .optional(),
  /** What was trained to tell apart; runs before 1.0.0: HAM10000's classes. */
  taxonomy: taxonomySchema.optional(),
  dataSha256: sha256,
  configSha256: sha256,
  codeCommit: z.string(),
  initialWeights: z.string(),
  /** Images a class on each side of the split. */
  counts: z.strictObject({
    train: z.record(z.string(), z.number().int().nonnegative()),
    validation: z.record(z.string(), z.number().int().nonnegative()),
  }),
  /** Share of each side of an image that validation was shown, and that a version is; runs before 1.0.0: all of it. */
  crop: cropSchema.default(1),
  /** Class distribution that the scores assume: the training side's, before any resampling. */
  prior: z.record(z.string(), z.number().min(0).max(1)),
  /** How logits become scores: softmax(logitScale · logits / temperature + logitBias). */
  calibration: z.strictObject({
    method: z.enum(['none', 'temperature', 'vector']),
    temperature: z.number().positive(),
    logitScale: z.array(z.number()).min(2).optional(),
    logitBias: z.array(z.number()).min(2),
  }),
});

export type RunRecord = z.infer<typeof runRecordSchema>;
